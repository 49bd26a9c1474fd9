import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from '../catalog/openapi/document.ts';
import { findOrBuild } from './bundle-cache.ts';
import { bundleFunctions } from './bundle-functions.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The folders of the functions' sources. */
export const SOURCE_FOLDERS = ['functions', 'lib'].map((folder) => join(ROOT, folder));

/** Files that affect esbuild's result without being among its inputs. `.package-lock.json` is npm's own list of the installed packages. */
const SETTING_FILES = [
  'infra/bundle/bundle-functions.ts',
  'infra/bundle/bundle-page.ts',
  'infra/bundle/trim-sdk.ts',
  'package.json',
  'tsconfig.json',
  'node_modules/.package-lock.json',
];

/**
 * Bundles the functions, unless an earlier build had the same sources and settings (bundle-cache.ts).
 *
 * @returns a folder with `<name>/index.cjs` for each function, and `metafile.json`. The caller must not write to it.
 */
export const currentBundles = (): Promise<string> =>
  findOrBuild({
    cacheDir: join(ROOT, 'node_modules/.cache/on-the-dot/bundles'),
    root: ROOT,
    settings: [
      ...SETTING_FILES.map((file) => (existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), 'utf8') : '')),
      // A new function is no input of an earlier build, so the names count too.
      ...readdirSync(join(ROOT, 'functions')),
      JSON.stringify(openApiDocument()),
    ],
    build: (folder) => bundleFunctions(folder),
  });
