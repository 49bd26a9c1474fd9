import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildOptions, build, type Metafile, stop } from 'esbuild';
import { openApiDocument } from '../catalog/openapi/document.ts';
import { findOrBuild } from './bundle-cache.ts';
import { ESBUILD_OPTIONS } from './bundle-functions.ts';
import { bundlePage } from './bundle-page.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The code of the worker threads that run the functions. It is copied beside `service.mjs` unchanged. */
const WORKER = 'infra/local/lambda-worker.mjs';

/**
 * The options of esbuild for `service.mjs`: the process of `npm start -- --live`, without the functions, becomes one file,
 * without the modules that it does not use. Names stay as they are, so stack traces can be read.
 */
const SERVICE_OPTIONS = {
  absWorkingDir: ROOT,
  entryPoints: ['infra/commands/live.ts'],
  bundle: true,
  minifySyntax: true,
  minifyWhitespace: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // esbuild keeps only the used ES modules of a package, but keeps the package's CommonJS build whole. So `module` is preferred.
  mainFields: ['module', 'main'],
  // Dynalite has a native part, swagger-ui-dist is served as files, and nodemailer is loaded only if mail is sent.
  external: ['dynalite', 'nodemailer', 'swagger-ui-dist'],
  metafile: true,
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * Bundles the process and the functions of `npm start -- --live` for a machine with little memory, or finds them among earlier
 * builds.
 *
 * @returns a folder with `service.mjs`, the process, and `all/index.cjs`: all functions, which share their modules.
 */
export const currentHomeBundle = (): Promise<string> =>
  findOrBuild({
    // Inside node_modules, so that the bundled service finds its external packages.
    cacheDir: join(ROOT, 'node_modules/.cache/on-the-dot/home'),
    root: ROOT,
    settings: [
      ...SETTING_FILES.map((file) => (existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), 'utf8') : '')),
      ...listFunctions(),
      JSON.stringify(openApiDocument()),
    ],
    build: bundleHome,
  });

/** Files that affect the result without being inputs of esbuild. `.package-lock.json` is npm's own list of the installed packages. */
const SETTING_FILES = [
  WORKER,
  ...['bundle-functions', 'bundle-home', 'bundle-page', 'trim-sdk'].map((name) => `infra/bundle/${name}.ts`),
  'package.json',
  'tsconfig.json',
  'node_modules/.package-lock.json',
];

const listFunctions = (): readonly string[] =>
  readdirSync(join(ROOT, 'functions')).map((file) => basename(file, '.ts'));

async function bundleHome(folder: string): Promise<Metafile> {
  try {
    const page = await bundlePage(ROOT);
    const functions = await build({
      ...ESBUILD_OPTIONS,
      sourcemap: false,
      stdin: { contents: generateEntry(listFunctions()), resolveDir: ROOT },
      outfile: join(folder, 'all', 'index.cjs'),
      define: { OPENAPI_DOCUMENT: JSON.stringify(openApiDocument()), PAGE_FILES: JSON.stringify(page.files) },
      metafile: true,
    });
    const service = await build({ ...SERVICE_OPTIONS, outfile: join(folder, 'service.mjs') });
    copyFileSync(join(ROOT, WORKER), join(folder, basename(WORKER)));
    // The generated entry is no file.
    const { '<stdin>': _entry, ...inputs } = functions.metafile.inputs;
    // The cache needs the inputs of all builds. Nobody reads the outputs, which a metafile has to have: those of one build
    // suffice.
    return { inputs: { ...inputs, ...service.metafile.inputs, ...page.inputs }, outputs: functions.metafile.outputs };
  } finally {
    // Ends esbuild's own process, which would keep its memory until this process ends.
    await stop();
  }
}

/** Generates the entry module of all functions. Its `loadFunction` initialises a function and its imports at the first use. */
const generateEntry = (names: readonly string[]): string => `
  const LOAD = { ${names.map((name) => `'${name}': () => import('./functions/${name}.ts')`).join(', ')} };
  export const loadFunction = (name) => LOAD[name]();`;
