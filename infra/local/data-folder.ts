import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { DATA_FILES } from './data-files.ts';
import { lockDataDir } from './data-lock.ts';
import { WrongSetting } from './wrong-setting.ts';

const Description = z.object({ version: z.int(), aimharder: z.enum(['simulated', 'real']) });

/** Whose sessions a data folder holds: the simulator's, or those of a real AimHarder. */
export type AimHarderKind = z.infer<typeof Description>['aimharder'];

/**
 * The version of the folder's files. Increase it if you change the files so that an older service cannot read them. A folder
 * without `folder.json` is new, or was written before versions were recorded. Its files then have version 1, which this service
 * can read.
 */
const VERSION = 1;

/**
 * Opens a data folder for this process alone, and creates it if there is none.
 *
 * @returns a function that unlocks the folder for other processes.
 * @throws WrongSetting if another process has the folder open, if a newer version has written it, or if it belongs to another
 *   AimHarder.
 */
export function openDataFolder(dataDir: string, aimharder: AimHarderKind): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unlock = lockDataDir(dataDir);
  if (!unlock)
    throw new WrongSetting(`Another On the Dot is running on ${dataDir}. Stop it, or set DATA_DIR to another folder.`);
  try {
    checkAndDescribe(dataDir, aimharder);
  } catch (error) {
    unlock();
    throw error;
  }
  return unlock;
}

/** Writes the folder's description anew. @throws WrongSetting if this service may not use the folder. */
function checkAndDescribe(dataDir: string, aimharder: AimHarderKind): void {
  const file = join(dataDir, DATA_FILES.description);
  const description = readDescription(file) ?? describeByFiles(dataDir, aimharder);
  if (description.version > VERSION)
    throw new WrongSetting(
      `A newer version of On the Dot has written ${dataDir} (version ${description.version}; this one reads ${VERSION}). Start the newer one, or restore a backup.`,
    );
  if (description.aimharder !== aimharder)
    throw new WrongSetting(
      description.aimharder === 'simulated'
        ? `${dataDir} holds sessions of the simulated AimHarder, which the real one does not know. Set DATA_DIR to another folder.`
        : `${dataDir} holds sessions of the real AimHarder. Start with --live, or set DATA_DIR to another folder.`,
    );
  // Renaming replaces the file at once, so a crash never leaves half a description.
  writeFileSync(`${file}.fresh`, JSON.stringify({ version: VERSION, aimharder }), { flush: true });
  renameSync(`${file}.fresh`, file);
}

/** Reads a folder's description. @throws Error if the file cannot be decoded: such a folder must not be used. */
const readDescription = (file: string) =>
  existsSync(file) ? Description.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;

/** Describes a folder that has no description yet, because it is new or older than descriptions. This service can read both. */
const describeByFiles = (dataDir: string, aimharder: AimHarderKind): z.infer<typeof Description> => ({
  version: VERSION,
  // Only a folder that was used with the simulator has its state.
  aimharder: existsSync(join(dataDir, DATA_FILES.simulator)) ? 'simulated' : aimharder,
});
