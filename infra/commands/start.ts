import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { type Origins, originsFrom } from '../../lib/aimharder/origins.ts';
import { MINUTE } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { currentBundles, SOURCE_FOLDERS } from '../bundle/current-bundles.ts';
import { copyBundles, watchBundles } from '../bundle/watch-bundles.ts';
import { pickSettings } from '../catalog/function-definition.ts';
import { lockDataDir } from '../local/data-lock.ts';
import { serveDocs } from '../local/docs-page.ts';
import { loadSecrets } from '../local/secrets-manager.ts';
import { startStack } from '../local/stack.ts';
import type { Simulator } from '../simulator/control.ts';
import { opensSoon } from '../simulator/opens-soon.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { Shutdown, surviveErrors } from './shutdown.ts';

const DEFAULT_PORT = 3000;

/**
 * `npm start`: runs the whole service on this machine, with the simulator as its AimHarder, or with the AimHarder that the
 * three AIMHARDER_* variables name.
 */
async function main(): Promise<void> {
  const shutdown = new Shutdown();
  shutdown.watch();
  const port = parsePort(process.env['PORT']);
  const dataDir = resolve(process.env['DATA_DIR'] || '.local');
  mkdirSync(dataDir, { recursive: true });
  const unlock = lockDataDir(dataDir);
  if (!unlock) fail(`Another On the Dot is running on ${dataDir}. Stop it, or set DATA_DIR to another folder.`);
  shutdown.add(unlock);
  const upstream = upstreamFrom(process.env);
  const bundles = join(dataDir, 'bundles');
  copyBundles(await currentBundles(), bundles);
  const simulator = upstream ? undefined : await startSimulator({ statePath: join(dataDir, 'gym.sqlite') });
  if (simulator) shutdown.add(simulator.stop);
  const dynamodbEndpoint = process.env['AWS_ENDPOINT_URL_DYNAMODB'];
  const stack = await startStack({
    port,
    dataDir,
    ...(dynamodbEndpoint && { dynamodbEndpoint }),
    bundles,
    origins: upstream ?? simulator?.origins ?? fail('There is no AimHarder to talk to.'),
    secrets: loadSecrets(dataDir, process.env['BACKGROUND_FINGERPRINT_SALT']),
    settings: pickSettings(process.env),
    corsOrigins: (process.env['CORS_ORIGINS'] ?? '').split(',').filter(Boolean),
    log: (line) => console.log(line),
    servePage: serveDocs,
  });
  shutdown.add(stack.stop);
  // Recovers at once what an earlier crash has left behind, instead of at the next full minute.
  stack.invoke('sweep', { scheduledTime: toIso(stack.startedAt) }).catch(() => undefined);
  console.log(await prepareWelcome(stack.url, simulator));
  const stopWatching = watchBundles({
    folders: SOURCE_FOLDERS,
    build: currentBundles,
    target: bundles,
    log: console.log,
  });
  shutdown.add(stopWatching);
}

/**
 * Reads AimHarder's three origins. Exits if only some are set, because the other requests would go to the real AimHarder.
 *
 * @returns undefined if none is set; then the simulator is used.
 */
function upstreamFrom(environment: NodeJS.ProcessEnv): Origins | undefined {
  const variables = ['AIMHARDER_ORIGIN', 'AIMHARDER_LOGIN_ORIGIN', 'AIMHARDER_BOX_ORIGIN'];
  const missing = variables.filter((variable) => !environment[variable]);
  if (missing.length === variables.length) return undefined;
  if (missing.length > 0) fail(`Set ${missing.join(' and ')} too, or none of the three.`);
  return originsFrom(environment);
}

function parsePort(text: string | undefined): number {
  const port = Number(text || DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) fail(`PORT must be a number from 0 to 65535, not ${text}.`);
  return port;
}

/** Writes what `npm start` prints first, and gives the simulator a class to order. */
async function prepareWelcome(url: string, simulator: Simulator | undefined): Promise<string> {
  const lines = ['', `On the Dot      ${url}`, `its API         ${url}/docs`, `inbox           ${url}/inbox`];
  if (!simulator) return [...lines, 'AimHarder       as set by AIMHARDER_*', ''].join('\n');
  const { demo, origins } = simulator;
  const { box, day, classId, name, time, opensAt } = await simulator.addClass({
    ...opensSoon(simulator.now(), 5 * MINUTE),
    name: 'DEMO WOD',
  });
  const json = `-H 'content-type: application/json'`;
  return [
    ...lines,
    `simulator       ${origins.origin}`,
    `demo login      ${demo.email} / ${demo.password} at the box ${box}`,
    '',
    // Users copy these lines. No command has a comment, because an interactive zsh (macOS) would pass it as arguments.
    `Log in, list the classes, and order ${name} at ${time}, which opens in five minutes:`,
    '',
    `TOKEN=$(curl -s ${url}/v1/login ${json} -d '{"email":"${demo.email}","password":"${demo.password}","fingerprint":"my-terminal"}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')`,
    `curl -s "${url}/v1/classes?box=${box}&day=${day}" -H "authorization: Bearer $TOKEN"`,
    `curl -s ${url}/v1/prebookings ${json} -H "authorization: Bearer $TOKEN" -d '{"box":"${box}","day":"${day}","classId":"${classId}","opensAt":"${opensAt}"}'`,
    '',
    'Ctrl-C stops it. Its data stays in the data folder.',
    '',
  ].join('\n');
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

surviveErrors();
// A home has more time than memory: each of the functions' threads takes a fifth less.
setFlagsFromString('--optimize-for-size');
main().catch((error: unknown) => {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
    fail('The port is in use. Set PORT to another one.');
  fail(error instanceof Error ? String(error.stack) : 'The start failed.');
});
