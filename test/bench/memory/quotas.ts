import { accessSync, constants, existsSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A group of processes that share a quota of CPU time. */
type QuotaGroup = {
  add(pid: number): Promise<void>;
  /** For how long the group has stood still because it had used up its quota, in milliseconds. */
  throttledMs(): Promise<number>;
  /** Removes the group, once its processes have ended. */
  remove(): Promise<void>;
};

export type Quotas = {
  /** The version of the kernel's control groups. */
  readonly version: 1 | 2;
  /** @param share the processor's share, from 0 to 1. */
  group(name: string, share: number): Promise<QuotaGroup>;
};

const ROOT = '/sys/fs/cgroup';

/** The period of the quota in microseconds, which Lambda was seen to use (20 ms; AWS does not document it). */
const PERIOD = 20_000;

/**
 * Opens the CPU quotas (CFS) of this machine's kernel: control groups of version 1 or 2.
 *
 * @returns why there are none, if the machine has no control groups, or this user may not write them.
 */
export function openQuotas(): Quotas | string {
  if (process.platform !== 'linux') return 'only Linux has control groups';
  try {
    if (existsSync(join(ROOT, 'cpu', 'cpu.cfs_quota_us'))) return version1(join(ROOT, 'cpu'));
    if (existsSync(join(ROOT, 'cgroup.controllers'))) return version2(ROOT);
  } catch (error) {
    return `this user may not write the control groups in ${ROOT} (${error instanceof Error ? error.message : error})`;
  }
  return `there is no CPU controller in ${ROOT}`;
}

function version1(root: string): Quotas {
  accessSync(root, constants.W_OK);
  return {
    version: 1,
    group: (name, share) =>
      groupIn(join(root, name), {
        'cpu.cfs_period_us': `${PERIOD}`,
        'cpu.cfs_quota_us': `${Math.round(share * PERIOD)}`,
      }),
  };
}

function version2(root: string): Quotas {
  // Without this, the groups below have no CPU controller.
  writeFileSync(join(root, 'cgroup.subtree_control'), '+cpu');
  return {
    version: 2,
    group: (name, share) => groupIn(join(root, name), { 'cpu.max': `${Math.round(share * PERIOD)} ${PERIOD}` }),
  };
}

async function groupIn(folder: string, settings: Readonly<Record<string, string>>): Promise<QuotaGroup> {
  await mkdir(folder);
  for (const [file, value] of Object.entries(settings)) await writeFile(join(folder, file), value);
  return {
    add: (pid) => writeFile(join(folder, 'cgroup.procs'), `${pid}`),
    async throttledMs() {
      const stat = await readFile(join(folder, 'cpu.stat'), 'utf8');
      const read = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
      // Version 1 tells nanoseconds, version 2 microseconds.
      return read('throttled_time') / 1e6 + read('throttled_usec') / 1e3;
    },
    remove: () => rmdir(folder),
  };
}
