import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

export type BundleCacheOptions = {
  /** The folder of the cache. Each build has a folder in it. */
  readonly cache: string;
  /** The folder that the paths in the metafile begin in. */
  readonly root: string;
  /** Everything but the source files that decides what a build makes. */
  readonly settings: readonly string[];
  /** Builds into a folder. */
  readonly build: (folder: string) => Promise<Metafile>;
};

/** What a build was made of: a hash of the settings, and of each source file by its path. */
type Origin = { readonly settings: string; readonly sources: Readonly<Record<string, string>> };

/** Beside the bundles: the metafile, and what they were made of. */
export const METAFILE = 'metafile.json';
const ORIGIN = 'origin.json';
/** Written at each use, so that its modification time tells when a build was last used. */
const USED = 'used';

/** A folder that nobody has asked for in this time is deleted, in milliseconds. A test run reads its bundles for minutes. */
const UNUSED = 24 * 3_600_000;

/**
 * Builds only if no earlier build was made of the same files and settings. Contents are compared, never times: a changed file
 * must not be missed. Several processes may share the cache: a build becomes visible when it is complete.
 *
 * @returns the folder of the build, with its metafile in `metafile.json`. Nobody may write to it.
 */
export async function cachedBundles(options: BundleCacheOptions): Promise<string> {
  const { cache } = options;
  mkdirSync(cache, { recursive: true });
  const settings = hash(options.settings.join('\n'));
  const folder = findBuild(options, settings) ?? (await addBuild(options, settings));
  writeFileSync(join(folder, USED), '');
  deleteUnused(cache, statSync(join(folder, USED)).mtimeMs);
  return folder;
}

function findBuild({ cache, root }: BundleCacheOptions, settings: string): string | undefined {
  const hashes = new Map<string, string | undefined>();
  const hashNow = (path: string) => {
    if (!hashes.has(path)) hashes.set(path, hashFile(join(root, path)));
    return hashes.get(path);
  };
  return readdirSync(cache)
    .filter((name) => !name.startsWith('building-'))
    .map((name) => join(cache, name))
    .find((folder) => {
      const origin = readOrigin(folder);
      return (
        origin?.settings === settings &&
        Object.entries(origin.sources).every(([path, expected]) => hashNow(path) === expected)
      );
    });
}

async function addBuild({ cache, root, build }: BundleCacheOptions, settings: string): Promise<string> {
  const building = join(cache, `building-${randomUUID()}`);
  try {
    mkdirSync(building);
    let before: Origin['sources'] = {};
    for (;;) {
      writeFileSync(join(building, USED), '');
      const begun = statSync(join(building, USED)).mtimeMs;
      const metafile = await build(building);
      // `<define:…>` is no file.
      const paths = Object.keys(metafile.inputs).filter((path) => !path.startsWith('<'));
      const sources = Object.fromEntries(paths.map((path) => [path, hashFile(join(root, path)) ?? '']));
      // A source that changed during the build may have been read before the change, so the build is made again.
      const isStable = (path: string) => sources[path] === before[path] || isOlder(join(root, path), begun);
      const isMixed = !paths.every(isStable);
      before = sources;
      if (isMixed) continue;
      const origin = JSON.stringify({ settings, sources } satisfies Origin);
      writeFileSync(join(building, METAFILE), JSON.stringify(metafile));
      writeFileSync(join(building, ORIGIN), origin);
      const folder = join(cache, hash(origin));
      // Another process may have made the same build meanwhile.
      if (!existsSync(folder)) renameSync(building, folder);
      return folder;
    }
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

const isOlder = (path: string, instant: number): boolean =>
  (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY) < instant;

function deleteUnused(cache: string, now: number): void {
  for (const name of readdirSync(cache)) {
    const folder = join(cache, name);
    const used = statSync(join(folder, USED), { throwIfNoEntry: false })?.mtimeMs ?? now;
    if (used < now - UNUSED) rmSync(folder, { recursive: true, force: true });
  }
}

function readOrigin(folder: string): Origin | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, ORIGIN), 'utf8'));
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
