// Bundles each functions/*.ts into dist/<name>/index.cjs, as it is deployed and as it runs locally.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { openApiDocument } from './infra/catalog/openapi/document.ts';

/**
 * Modules of the SDK that no function ever gets to run on Lambda, and what stands in for them. A test proves that the
 * bundles still sign requests and repeat them.
 */
const STAND_INS = [
  // Node has its own SHA-256.
  ['core/.*/checksum/sha256/Sha256Js', 'export class Sha256Js { constructor() { throw new Error("left out"); } }'],
  // Only where AWS_RETRY_MODE is adaptive.
  ['core/.*/util-retry/AdaptiveRetryStrategy', 'export class AdaptiveRetryStrategy {}'],
  ['core/.*/util-retry/DefaultRateLimiter', 'export class DefaultRateLimiter {}'],
  // The Region is always in the environment.
  ['core/.*/regionConfig/getInstanceMetadataRegion', 'export const getInstanceMetadataRegion = async () => undefined;'],
  // Only S3's client has it called.
  [
    'core/.*/service-customizations/index',
    'export const resolveParamsForS3 = async () => { throw new Error("left out"); };',
  ],
  // Event streams alone are signed by it.
  ['signature-v4/.*/HeaderFormatter', 'export class HeaderFormatter {}'],
];

const lean = {
  name: 'lean',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    for (const [module, contents] of STAND_INS)
      build.onLoad({ filter: new RegExp(`@smithy/${module}\\.js$`.replaceAll('/', '[\\\\/]')) }, () => ({ contents }));
    // The SDK's clients load their whole package.json to say their version: that is all that is taken of it.
    build.onLoad({ filter: /@aws-sdk[\\/][^\\/]+[\\/]package\.json$/ }, ({ path }) => {
      const { version } = JSON.parse(readFileSync(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

const root = dirname(fileURLToPath(import.meta.url));

/**
 * @param {string} [outdir] where the bundles go; one folder per function.
 * @param {import('esbuild').BuildOptions} [more] other options of esbuild.
 */
export async function bundleFunctions(outdir = join(root, 'dist'), more = {}) {
  const names = readdirSync(join(root, 'functions')).map((file) => basename(file, '.ts'));
  const { metafile } = await build({
    ...more,
    absWorkingDir: root,
    entryPoints: names.map((name) => ({ in: `functions/${name}.ts`, out: `${name}/index` })),
    outdir,
    bundle: true,
    minify: true,
    sourcemap: 'external',
    metafile: true,
    platform: 'node',
    // The SDK's CommonJS build is one file per client, all commands in it; of its modules, only those used are taken.
    mainFields: ['module', 'main'],
    target: 'node24',
    // CommonJS, because an ES module's `import "node:http"` initialises all its exports, undici among them (+20 ms).
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    // On Lambda the credentials are always in the environment: the other eight ways to find some stay out.
    alias: {
      '@aws-sdk/credential-provider-node': './infra/bundle/sdk-credentials.ts',
      '@aws-sdk/middleware-endpoint-discovery': './infra/bundle/sdk-endpoint-discovery.ts',
      '@smithy/core/event-streams': './infra/bundle/sdk-event-streams.ts',
    },
    plugins: [lean],
    define: { OPENAPI_DOCUMENT: JSON.stringify(openApiDocument()) },
    logLevel: 'warning',
  });
  return metafile;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { outputs } = await bundleFunctions();
  for (const [file, { bytes }] of Object.entries(outputs)) {
    if (file.endsWith('.cjs')) console.log(`${(bytes / 1000).toFixed(0).padStart(5)} kB  ${file}`);
  }
}
