import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleFunctions } from '../../infra/bundle/bundle-functions.ts';
import {
  type EnvironmentValues,
  environmentFor,
  type FunctionDefinition,
  tableVariables,
} from '../../infra/catalog/function-definition.ts';
import { functionsByName } from '../../infra/catalog/functions.ts';
import { distributionOf, rounded } from './distribution.ts';
import { measureStartUp } from './start-up.ts';
import { table } from './table.ts';

const RUNS = 9;
const run = promisify(execFile);

const VALUES: EnvironmentValues = {
  SERVICE_NAME: 'bench',
  ...tableVariables((name) => name),
  KEYS_SECRET_ID: 'keys',
  SALT_SECRET_ID: 'salt',
  PUSH_SECRET_ID: 'push-key',
  EVENT_BUS_NAME: 'bus',
  SCHEDULE_GROUP: 'group',
  SCHEDULE_ROLE_ARN: 'role',
  SCHEDULE_DEAD_LETTER_ARN: 'queue',
  PREPARE_FUNCTION_ARN: 'function',
  FIRE_FUNCTION_ARN: 'function',
  REFRESH_FUNCTION_ARN: 'function',
  END_ACCOUNT_FUNCTION_ARN: 'function',
  FIRING_QUEUE_URL: 'queue',
};

/** Builds a function's environment as on Lambda. Loading a function sends no request. */
const environmentOf = (definition: FunctionDefinition) => ({
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  ...environmentFor(definition, VALUES),
});

const HELLO = "exports.handler = async () => ({ statusCode: 200, body: 'hello' });\n";

/** Measures the size of each bundle, how long a new process takes to load it, bundled and unbundled, and the start of `npm start`. */
export async function benchInit(out: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-init-'));
  try {
    await bundleFunctions(folder);
    const hello = join(folder, 'hello.cjs');
    await writeFile(hello, HELLO);
    const base = await initOf(`require(${JSON.stringify(hello)})`, {});
    const rows = [
      {
        function: 'hello world',
        kB: rounded(HELLO.length / 1_000),
        'init ms': base,
        'above hello': 0,
        unbundled: null as number | null,
      },
    ];
    for (const [name, definition] of functionsByName) {
      const environment = environmentOf(definition);
      const bundle = join(folder, name, 'index.cjs');
      const init = await initOf(`require(${JSON.stringify(bundle)})`, environment);
      const source = fileURLToPath(new URL(`../../functions/${name}.ts`, import.meta.url));
      rows.push({
        function: name,
        kB: rounded((await stat(bundle)).size / 1_000, 0),
        'init ms': init,
        'above hello': rounded(init - base),
        unbundled: await initOf(`await import(${JSON.stringify(source)})`, environment),
      });
    }
    const starts = await measureStartUp();
    const text = `${table(rows.map((row) => ({ ...row, unbundled: row.unbundled ?? '–' })))}\nLoading the handler's module in a new process, in milliseconds: median of ${RUNS}.\n\n${table(starts)}`;
    console.log(text);
    await writeFile(join(out, 'init.txt'), `${text}\n`);
    await writeFile(join(out, 'init.json'), `${JSON.stringify(rows, undefined, 1)}\n`);
    await writeFile(join(out, 'start.json'), `${JSON.stringify(starts, undefined, 1)}\n`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function initOf(load: string, environment: Readonly<Record<string, string>>): Promise<number> {
  const script = `(async () => { const begun = performance.now(); ${load}; console.log(performance.now() - begun); process.exit(); })()`;
  const taken: number[] = [];
  for (let count = 0; count < RUNS; count += 1) {
    const { stdout } = await run(process.execPath, ['--input-type=commonjs', '-e', script], {
      env: environment,
    });
    taken.push(Number(stdout));
  }
  return distributionOf(taken).p50;
}
