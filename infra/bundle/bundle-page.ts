import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type BuildOptions, build, type Metafile, type OutputFile } from 'esbuild';

/** A file as the function `page` serves it (lib/http/file-reply.ts). */
type PageFile = {
  readonly contentType: string;
  readonly etag: string;
  readonly isImmutable: boolean;
  /** The content, compressed, as base64. */
  readonly brotli: string;
  readonly gzip: string;
};

const SOURCES = 'lib/page';
const SHELL = `${SOURCES}/shell`;

const ESBUILD_OPTIONS = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome111', 'firefox115', 'safari16.4'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  write: false,
  metafile: true,
  logLevel: 'warning',
} as const satisfies BuildOptions;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

/**
 * Bundles the members' page. The browser keeps the files in `/assets` for ever, because their names contain their hashes.
 *
 * @returns the files by path, and the sources that went into them.
 */
export async function bundlePage(
  root: string,
): Promise<{ readonly files: Readonly<Record<string, PageFile>>; readonly inputs: Metafile['inputs'] }> {
  const { outputFiles, metafile } = await build({
    ...ESBUILD_OPTIONS,
    absWorkingDir: root,
    entryPoints: [{ in: `${SOURCES}/main.tsx`, out: 'page' }],
    entryNames: '[name]-[hash]',
    outdir: '/assets',
  });
  const icons = readIcons(root);
  const assets = new Map([...outputFiles.map(toAsset), ...icons]);
  const paths = [...assets.keys()];
  const html = fillIn(readFileSync(join(root, SHELL, 'index.html'), 'utf8'), paths);
  const manifest = fillIn(readFileSync(join(root, SHELL, 'manifest.json'), 'utf8'), paths);
  const worker = await bundleWorker(root, [html, manifest, ...paths], paths);
  const files = {
    '/': toFile('.html', html),
    '/manifest.webmanifest': toFile('.webmanifest', manifest),
    '/sw.js': toFile('.js', worker.text),
    ...Object.fromEntries([...assets].map(([path, content]) => [path, toFile(extname(path), content, true)])),
  };
  // The cache of bundles (bundle-cache.ts) needs only the paths of the inputs.
  const shell = readdirSync(join(root, SHELL)).map((name) => [`${SHELL}/${name}`, { bytes: 0, imports: [] }]);
  return { files, inputs: { ...metafile.inputs, ...worker.inputs, ...Object.fromEntries(shell) } };
}

/**
 * Bundles the service worker, which stores the page's files. The worker contains a hash of them, so it changes with each file, and
 * browsers then install it again.
 *
 * @param contents the texts that the hash is made of. The path of an asset stands for its content, because the name has a hash.
 */
async function bundleWorker(root: string, contents: readonly string[], paths: readonly string[]) {
  const { outputFiles, metafile } = await build({
    ...ESBUILD_OPTIONS,
    absWorkingDir: root,
    entryPoints: [`${SOURCES}/service-worker.ts`],
    define: {
      SHELL_VERSION: JSON.stringify(hash(contents.join('\n'))),
      SHELL_PATHS: JSON.stringify(['/', '/manifest.webmanifest', ...paths]),
    },
  });
  return { text: outputFiles[0]?.text ?? '', inputs: metafile.inputs };
}

const toAsset = ({ path, contents }: OutputFile): readonly [string, Uint8Array] => [
  `/assets/${basename(path)}`,
  contents,
];

/** Reads the icons, and gives each a name with its hash. */
const readIcons = (root: string): readonly (readonly [string, Uint8Array])[] =>
  readdirSync(join(root, SHELL))
    .filter((name) => /\.(?:png|svg)$/.test(name))
    .map((name) => {
      const content = readFileSync(join(root, SHELL, name));
      const extension = extname(name);
      return [`/assets/${basename(name, extension)}-${hash(content).slice(0, 8)}${extension}`, content] as const;
    });

/** Replaces each `{{name.ext}}` with the path of that file in `/assets`. */
const fillIn = (template: string, paths: readonly string[]): string =>
  template.replaceAll(/\{\{([\w-]+)(\.\w+)\}\}/g, (_, name: string, extension: string) => {
    const found = paths.find((path) => path.startsWith(`/assets/${name}-`) && path.endsWith(extension));
    if (found === undefined) throw new Error(`The page has no file ${name}${extension}.`);
    return found;
  });

function toFile(extension: string, content: string | Uint8Array, isImmutable = false): PageFile {
  const bytes = Buffer.from(content);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  return {
    contentType: CONTENT_TYPES[extension] ?? 'application/octet-stream',
    etag: `"${hash(bytes)}"`,
    isImmutable,
    brotli: brotliCompressSync(bytes, { params: quality }).toString('base64'),
    gzip: gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }).toString('base64'),
  };
}

const hash = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex').slice(0, 32);
