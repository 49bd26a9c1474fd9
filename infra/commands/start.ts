import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { WrongSetting } from '../local/wrong-setting.ts';
import { readStartOptions, type StartOptions } from './start-options.ts';

/**
 * `npm start`: runs the whole service on this machine, with the simulator as its AimHarder, or with the AimHarder that the three
 * AIMHARDER_* variables name. `npm start -- --live` runs the service for its members, with the real AimHarder.
 */
async function main(): Promise<void> {
  const options = readOptions();
  if (options.isLive) await replaceWithLiveService();
  else await startForDevelopers(options);
}

function readOptions(): StartOptions {
  try {
    return readStartOptions(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof WrongSetting)) throw error;
    console.error(error.message);
    return process.exit(1);
  }
}

/** glibc gives each thread its own heap and keeps the free memory of each. Two heaps for all threads save about 30 MB. */
const FEWER_HEAPS = { MALLOC_ARENA_MAX: '2' };

/**
 * Bundles the service in another process, and then replaces this process with the service, so that neither the bundler nor the
 * TypeScript compiler stays in memory. Where a process cannot be replaced (Windows), the service runs in this process.
 */
async function replaceWithLiveService(): Promise<void> {
  const printScript = fileURLToPath(new URL('../bundle/print-home.ts', import.meta.url));
  const { stdout: bundleDir } = await promisify(execFile)(process.execPath, [printScript]);
  const service = join(bundleDir, 'service.mjs');
  if (process.platform !== 'win32' && process.execve)
    process.execve(process.execPath, [process.execPath, ...process.execArgv, service, bundleDir], {
      ...process.env,
      ...FEWER_HEAPS,
    });
  process.argv.push(bundleDir);
  await import(pathToFileURL(service).href);
}

async function startForDevelopers(options: StartOptions): Promise<void> {
  const { runCommand, startService } = await import('./service.ts');
  runCommand(async () => {
    const [{ currentBundles: build, SOURCE_FOLDERS: folders }, { watchBundles }, { startSimulator }] =
      await Promise.all([
        import('../bundle/current-bundles.ts'),
        import('../bundle/watch-bundles.ts'),
        import('../simulator/simulator.ts'),
      ]);
    const { bundles: target, shutdown } = await startService({
      options,
      build,
      startSimulator: (statePath) => startSimulator({ statePath }),
    });
    shutdown.add(watchBundles({ folders, build, target, log: console.log }));
  });
}

await main();
