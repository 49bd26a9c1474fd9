import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';
import * as z from 'zod/mini';

/**
 * Modules of the SDK of whose code the functions need little or nothing on Lambda. Each is replaced with a module that has the
 * same exports and less code, so that Node reads less at a cold start. test/infra/bundle proves that the bundles still sign and
 * retry requests.
 *
 * @property module a regular expression for the path within `@smithy/`, `@aws-sdk/` or `@aws/`.
 */
const STAND_INS: readonly { readonly module: string; readonly reason: string; readonly contents: string }[] = [
  {
    module: 'core/.*/checksum/sha256/Sha256Js',
    reason: 'Node has its own SHA-256, which the SDK prefers.',
    contents: 'export class Sha256Js { constructor() { throw new Error("left out of the bundle"); } }',
  },
  {
    module: 'core/.*/util-retry/AdaptiveRetryStrategy',
    reason: 'The SDK uses it only if AWS_RETRY_MODE is adaptive. Without the variable, it uses the standard strategy.',
    contents: 'export class AdaptiveRetryStrategy {}',
  },
  {
    module: 'core/.*/util-retry/DefaultRateLimiter',
    reason: 'Only the adaptive retry strategy limits its rate.',
    contents: 'export class DefaultRateLimiter {}',
  },
  {
    module: 'core/.*/regionConfig/getInstanceMetadataRegion',
    reason: 'Lambda puts the Region into the environment, so the SDK does not ask the instance metadata for it.',
    contents: 'export const getInstanceMetadataRegion = async () => undefined;',
  },
  {
    module: 'core/.*/service-customizations/index',
    reason: 'It adapts the endpoints of S3, which no function calls.',
    contents: 'export const resolveParamsForS3 = async () => { throw new Error("left out of the bundle"); };',
  },
  {
    module: 'signature-v4/.*/HeaderFormatter',
    reason: 'It formats the headers of event streams, and no function sends a command with one.',
    contents: 'export class HeaderFormatter {}',
  },
  {
    module: 'core/.*/middleware-logger/loggerMiddleware',
    reason: 'It logs requests to a logger that no function gives its clients.',
    contents:
      'export const loggerMiddleware = undefined, loggerMiddlewareOptions = undefined; export const getLoggerPlugin = () => ({ applyToStack() {} });',
  },
  {
    module: 'lambda-invoke-store/.*/invoke-store',
    reason: 'It finds the trace id of the invocation, which Lambda also puts into the environment.',
    contents: 'export const InvokeStore = { getInstanceAsync: async () => undefined }; export class InvokeStoreBase {}',
  },
  {
    module: 'core/.*/serde/date-utils',
    reason: 'In the answers that functions read, a date is a number of seconds since 1970 or a text that Date reads.',
    contents: `const read = (value) => (value == null ? undefined : new Date(value));
      export const parseRfc3339DateTime = read, parseRfc3339DateTimeWithOffset = read, parseRfc7231DateTime = read;
      export const parseEpochTimestamp = (value) => read(value == null ? value : Math.round(Number(value) * 1_000));
      export const dateToUtcString = (date) => date.toUTCString();`,
  },
  {
    module: 'core/.*/middleware-user-agent/check-features',
    reason: 'It tells AWS in the User-Agent header which features of the SDK are in use.',
    contents: 'export const checkFeatures = async () => {};',
  },
  {
    module: 'core/.*/client/.*emitWarningIfUnsupportedVersion',
    reason: 'It warns of an old version of Node, and the functions run on the version that they are bundled for.',
    contents: 'export const state = {}; export const emitWarningIfUnsupportedVersion = () => {};',
  },
  {
    module: 'core/.*/shared-ini-file-loader/loadSharedConfigFiles',
    reason: 'It reads ~/.aws/config, which Lambda does not have. Locally, too, the environment alone counts.',
    contents: `export const CONFIG_PREFIX_SEPARATOR = ".";
      export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`,
  },
  {
    module: 'core/.*/smithy-client/schemaLogFilter',
    reason: 'It hides secrets from the logger, and loggerMiddleware is left out.',
    contents: 'export const schemaLogFilter = () => undefined;',
  },
  {
    module: 'core/.*/codec-v2/JsonBytesStringAdapter',
    reason:
      'It gives the bytes of a request the methods of a string, which only middleware of our own would call, and we have none.',
    contents: `export class JsonBytesStringAdapter extends Uint8Array {
      static allocUnsafe(bytes) {
        const { buffer, byteOffset, byteLength } = Buffer.allocUnsafe(bytes);
        return new JsonBytesStringAdapter(buffer, byteOffset, byteLength);
      }
    }`,
  },
];

/** Matches the parameters and the body of the method `setHostPrefix`, which puts a prefix before a request's host. */
const SET_HOST_PREFIX = /(?<=\n {4}setHostPrefix)\(request, operationSchema, [\s\S]*?\n {4}\}\n/;

/**
 * Empties the method `setHostPrefix`, because no command that the functions send has such a prefix. To find that out, the method would
 * read the bindings of a REST request, which most functions need for nothing else.
 */
const removeHostPrefix = (source: string): string => source.replace(SET_HOST_PREFIX, '() {}\n');

/**
 * Matches a client's generated error class that has no field of its own except `Message`. The groups are the class's name, its
 * namespace, the fault ("client" or "server"), and the field `Message` if there is one.
 */
const PLAIN_ERROR =
  /export class (\w+) extends __BaseException \{\s+static shapeId = "([\w.]+#)\1";\s+name = "\1";\s+\$fault = "(\w+)";\s+(Message;\s+)?constructor\(opts\) \{\s+super\(\{\s+name: "\1",\s+\$fault: "\3",\s+\.\.\.opts,\s+\}\);\s+Object\.setPrototypeOf\(this, \1\.prototype\);\s+(?:this\.Message = opts\.Message;\s+)?\}\s+\}/g;

/** The code of a function that creates a class like those that `PLAIN_ERROR` matches. */
const DEFINE_ERROR = `
const defineError = (namespace, name, fault, hasMessage) => class extends __BaseException {
  static shapeId = namespace + name;
  constructor(opts) {
    super({ name, $fault: fault, ...opts });
    // The constructor of the base class has set the prototype of the base class, so instanceof of this class would be false.
    Object.setPrototypeOf(this, new.target.prototype);
    this.name = name;
    if (hasMessage) this.Message = opts.Message;
  }
};
`;

/** Replaces a client's plain error classes, which differ only in their names, with calls of one function. */
function compactErrors(source: string): string {
  const namespace = /static shapeId = "([\w.]+#)/.exec(source)?.[1];
  const compact = source.replaceAll(PLAIN_ERROR, (text, name, classNamespace, fault, message) =>
    classNamespace === namespace
      ? `export const ${name} = defineError(NAMESPACE, "${name}", "${fault}", ${message !== undefined});`
      : text,
  );
  // The first line imports the base class, which `DEFINE_ERROR` uses.
  const [imports = '', ...rest] = compact.split('\n');
  return [imports, `const NAMESPACE = "${namespace}";`, DEFINE_ERROR, ...rest].join('\n');
}

/** Matches the entry of a Region that contains only a description; not the entry of a global endpoint, such as `aws-global`. */
const REGION = /"(?!aws-)[\w-]+": \{\s*"description": "[^"]*"\s*\},?/g;

/**
 * Removes the Regions from the SDK's list of partitions. Each partition also has a pattern of its Regions' names, which gives
 * the same endpoints.
 */
export const removeRegions = (source: string): string => source.replaceAll(REGION, '');

const PackageJson = z.object({ version: z.string() });

/** Replaces modules of the SDK with stand-ins, and shortens its error classes, Regions and package.json files. */
export const trimSdk: Plugin = {
  name: 'trim-sdk',
  setup(build) {
    for (const { module, contents } of STAND_INS) {
      const filter = new RegExp(`@(?:smithy|aws-sdk|aws)/${module}\\.js$`.replaceAll('/', '[\\\\/]'));
      build.onLoad({ filter }, () => ({ contents }));
    }
    build.onLoad({ filter: /@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]models[\\/]errors\.js$/ }, ({ path }) => ({
      contents: compactErrors(readFileSync(path, 'utf8')),
    }));
    build.onLoad({ filter: /util-endpoints[\\/]lib[\\/]aws[\\/]partitions\.js$/ }, ({ path }) => ({
      contents: removeRegions(readFileSync(path, 'utf8')),
    }));
    build.onLoad({ filter: /@smithy[\\/]core[\\/].*[\\/]HttpProtocol\.js$/ }, ({ path }) => ({
      contents: removeHostPrefix(readFileSync(path, 'utf8')),
    }));
    // A client imports its whole package.json, but only for the version in its User-Agent header.
    build.onLoad({ filter: /@aws-sdk[\\/][^\\/]+[\\/]package\.json$/ }, ({ path }) => {
      const { version } = PackageJson.parse(JSON.parse(readFileSync(path, 'utf8')));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};
