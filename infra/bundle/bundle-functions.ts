import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildOptions, build, type Metafile, stop } from 'esbuild';
import { openApiDocument } from '../catalog/openapi/document.ts';
import { bundlePage } from './bundle-page.ts';
import { trimSdk } from './trim-sdk.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The options of esbuild: each function becomes one file for Lambda's Node 24. */
export const ESBUILD_OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  sourcemap: 'external',
  platform: 'node',
  target: 'node24',
  // CommonJS starts 20 ms faster: `import "node:http"` in an ES module initialises all of Node's exports, undici included.
  format: 'cjs',
  // The SDK's `import("node:http")` at its first request would initialise them too, so each such import becomes a `require`.
  supported: { 'dynamic-import': false },
  outExtension: { '.js': '.cjs' },
  // The CommonJS build of an SDK client is one file with all commands. Of its ES modules, esbuild keeps only those in use.
  mainFields: ['module', 'main'],
  alias: {
    '@aws-sdk/credential-provider-node': './infra/bundle/sdk-credentials.ts',
    '@aws-sdk/middleware-endpoint-discovery': './infra/bundle/sdk-endpoint-discovery.ts',
    '@smithy/core/event-streams': './infra/bundle/sdk-event-streams.ts',
  },
  plugins: [trimSdk],
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * Bundles each `functions/<name>.ts` into `<outdir>/<name>/index.cjs`. The same file is deployed and runs locally.
 *
 * @returns esbuild's metafile, which lists the sources of the bundles and of the members' page.
 */
export async function bundleFunctions(outdir: string = join(ROOT, 'dist')): Promise<Metafile> {
  const names = readdirSync(join(ROOT, 'functions')).map((file) => basename(file, '.ts'));
  try {
    const page = await bundlePage(ROOT);
    const { metafile } = await build({
      ...ESBUILD_OPTIONS,
      entryPoints: names.map((name) => ({ in: `functions/${name}.ts`, out: `${name}/index` })),
      outdir,
      define: { OPENAPI_DOCUMENT: JSON.stringify(openApiDocument()), PAGE_FILES: JSON.stringify(page.files) },
      metafile: true,
    });
    return { ...metafile, inputs: { ...metafile.inputs, ...page.inputs } };
  } finally {
    // esbuild's own process would keep a gigabyte of memory until this process ends.
    await stop();
  }
}
