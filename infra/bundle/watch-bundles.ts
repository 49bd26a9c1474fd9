import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, watch } from 'node:fs';
import { join } from 'node:path';

export type WatchOptions = {
  /** The folders of the sources. */
  readonly folders: readonly string[];
  /** Builds the bundles. @returns their folder. */
  readonly build: () => Promise<string>;
  /** The folder from which the local functions run. */
  readonly target: string;
  readonly log: (line: string) => void;
};

/** How long after the last change a build starts, in milliseconds: an editor writes a file in several steps. */
const BUILD_DELAY = 100;

/**
 * Copies the bundles that differ. Each file is replaced in one step (rename), so that no function reads a half-written bundle.
 *
 * @returns the names of the functions whose bundles differed.
 */
export function copyBundles(from: string, to: string): readonly string[] {
  const folders = readdirSync(from, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => name).filter((name) => copyIfDifferent(join(from, name), join(to, name)));
}

/** Copies a bundle from one folder to another, unless both are equal. @returns whether it was copied. */
function copyIfDifferent(from: string, to: string): boolean {
  const [source, target] = [join(from, 'index.cjs'), join(to, 'index.cjs')];
  if (readIfPresent(target)?.equals(readFileSync(source))) return false;
  mkdirSync(to, { recursive: true });
  copyFileSync(source, `${target}.new`);
  renameSync(`${target}.new`, target);
  return true;
}

/**
 * Builds the bundles again after each change of a source, and copies those that differ. If a build fails, esbuild prints the
 * cause, and the functions keep running from the previous bundles. If a copy fails, its cause is logged.
 *
 * @returns a function that stops watching.
 */
export function watchBundles({ folders, build, target, log }: WatchOptions): () => void {
  let timer: NodeJS.Timeout | undefined;
  let lastBuild = Promise.resolve();
  const rebuild = async () => {
    const built = await build().catch(() => undefined);
    if (built === undefined) return log('The functions cannot be bundled, and stay as they are.');
    try {
      const changed = copyBundles(built, target);
      if (changed.length > 0) log(`Changed: ${changed.join(', ')}`);
    } catch (error) {
      log(`The bundles cannot be copied: ${error instanceof Error ? error.message : 'the reason is unknown'}`);
    }
  };
  const onChange = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      lastBuild = lastBuild.then(rebuild);
    }, BUILD_DELAY);
  };
  const watchers = folders.map((folder) => watch(folder, { recursive: true }, onChange));
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
