import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

export type BundleCacheOptions = {
  /** The folder of the cache. Each build has a folder in it. */
  readonly cacheDir: string;
  /** The folder that the paths in the metafile are relative to. */
  readonly root: string;
  /** The settings of the build, as texts. The settings and the source files together decide its result. */
  readonly settings: readonly string[];
  /** Builds into a folder. @returns esbuild's metafile, which lists the source files. */
  readonly build: (folder: string) => Promise<Metafile>;
};

/** The inputs of a build: the hash of the settings, and the hash of each source file by its path. */
type BuildInputs = { readonly settings: string; readonly sources: Readonly<Record<string, string>> };

/** Files beside the bundles in the folder of a build: esbuild's metafile, and the build's inputs. */
export const METAFILE = 'metafile.json';
const INPUTS_FILE = 'inputs.json';
/** A file that is written again at each use, so that its modification time is the time of the last use. */
const LAST_USE_FILE = 'last-use';

/** How long an unused build is kept, in milliseconds: longer than any process reads a build. A test run takes minutes. */
const KEPT_UNUSED = 24 * 3_600_000;

/**
 * Finds an earlier build with the same files and settings, or makes a new one. Compares the contents of files and not their times, so
 * that no change is missed. Several processes may share the cache, because a build becomes visible only when it is complete.
 *
 * @returns the folder of the build, with its metafile in `metafile.json`. The caller must not write to it.
 */
export async function findOrBuild(options: BundleCacheOptions): Promise<string> {
  const { cacheDir } = options;
  mkdirSync(cacheDir, { recursive: true });
  const settings = hash(options.settings.join('\n'));
  const folder = findBuild(options, settings) ?? (await addBuild(options, settings));
  writeFileSync(join(folder, LAST_USE_FILE), '');
  deleteUnused(cacheDir, statSync(join(folder, LAST_USE_FILE)).mtimeMs);
  return folder;
}

/** Finds the folder of a build whose inputs have not changed. */
function findBuild({ cacheDir, root }: BundleCacheOptions, settings: string): string | undefined {
  const hashes = new Map<string, string | undefined>();
  const currentHash = (path: string) => {
    if (!hashes.has(path)) hashes.set(path, hashFile(join(root, path)));
    return hashes.get(path);
  };
  return readdirSync(cacheDir)
    .filter((name) => !name.startsWith('building-'))
    .map((name) => join(cacheDir, name))
    .find((folder) => {
      const inputs = readInputs(folder);
      return (
        inputs?.settings === settings &&
        Object.entries(inputs.sources).every(([path, expected]) => currentHash(path) === expected)
      );
    });
}

/** Makes a build, again and again until no source has changed meanwhile. @returns its folder. */
async function addBuild({ cacheDir, root, build }: BundleCacheOptions, settings: string): Promise<string> {
  const building = join(cacheDir, `building-${randomUUID()}`);
  try {
    mkdirSync(building);
    let previous: BuildInputs['sources'] = {};
    for (;;) {
      // The start is the time of a file, because it is compared with the times of the sources.
      writeFileSync(join(building, LAST_USE_FILE), '');
      const startedAt = statSync(join(building, LAST_USE_FILE)).mtimeMs;
      const metafile = await build(building);
      // The metafile also lists names such as `<define:…>`, which are no files.
      const paths = Object.keys(metafile.inputs).filter((path) => !path.startsWith('<'));
      const sources = Object.fromEntries(paths.map((path) => [path, hashFile(join(root, path)) ?? '']));
      // A source that changed during the build may have been read before the change, so the build is made again.
      // A source has not changed if it is as it was before this build, or is older than this build.
      const isStable = (path: string) => sources[path] === previous[path] || isOlder(join(root, path), startedAt);
      const mayBeMixed = !paths.every(isStable);
      previous = sources;
      if (mayBeMixed) continue;
      const inputs = JSON.stringify({ settings, sources } satisfies BuildInputs);
      writeFileSync(join(building, METAFILE), JSON.stringify(metafile));
      writeFileSync(join(building, INPUTS_FILE), inputs);
      const folder = join(cacheDir, hash(inputs));
      // Another process may have made the same build at the same time.
      if (!existsSync(folder)) renameSync(building, folder);
      return folder;
    }
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

/** Checks whether a file exists and was last changed before an instant. */
const isOlder = (path: string, instant: number): boolean =>
  (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY) < instant;

/** Deletes builds that were not used for a day. A folder without a last use has just been created, and stays. */
function deleteUnused(cacheDir: string, now: number): void {
  for (const name of readdirSync(cacheDir)) {
    const folder = join(cacheDir, name);
    const lastUse = statSync(join(folder, LAST_USE_FILE), { throwIfNoEntry: false })?.mtimeMs ?? now;
    if (lastUse < now - KEPT_UNUSED) rmSync(folder, { recursive: true, force: true });
  }
}

function readInputs(folder: string): BuildInputs | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, INPUTS_FILE), 'utf8'));
  } catch {
    return undefined;
  }
}

function hashFile(path: string): string | undefined {
  try {
    return hash(readFileSync(path));
  } catch {
    return undefined;
  }
}

const hash = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex').slice(0, 32);
