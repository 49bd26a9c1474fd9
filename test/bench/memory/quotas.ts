import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A group of processes that share a quota of CPU time. */
type QuotaGroup = {
  add(pid: number): void;
  /** How often the group has used up its quota, and for how long it stood still then, in milliseconds. */
  throttled(): { readonly periods: number; readonly millis: number };
  /** Removes the group, once its processes have ended. */
  remove(): void;
};

export type Quotas = {
  /** The version of the kernel's control groups. */
  readonly version: 1 | 2;
  /** @param share the processor's share, from 0 to 1. */
  group(name: string, share: number): QuotaGroup;
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

function groupIn(folder: string, settings: Readonly<Record<string, string>>): QuotaGroup {
  mkdirSync(folder);
  for (const [file, value] of Object.entries(settings)) writeFileSync(join(folder, file), value);
  return {
    add: (pid) => writeFileSync(join(folder, 'cgroup.procs'), `${pid}`),
    throttled() {
      const stat = readFileSync(join(folder, 'cpu.stat'), 'utf8');
      const read = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
      // Version 1 tells nanoseconds, version 2 microseconds.
      return { periods: read('nr_throttled'), millis: read('throttled_time') / 1e6 + read('throttled_usec') / 1e3 };
    },
    remove: () => rmdirSync(folder),
  };
}
