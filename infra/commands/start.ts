import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { currentBundles, SOURCE_FOLDERS } from '../bundle/current-bundles.ts';
import { copyBundles, watchBundles } from '../bundle/watch-bundles.ts';
import { pickSettings } from '../catalog/function-definition.ts';
import { openDataFolder } from '../local/data-folder.ts';
import { serveDocs } from '../local/docs-page.ts';
import { loadSecrets } from '../local/secrets-manager.ts';
import { smtpClient } from '../local/smtp.ts';
import { startStack } from '../local/stack.ts';
import { WrongSetting } from '../local/wrong-setting.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { Shutdown, surviveErrors } from './shutdown.ts';
import { readStartOptions } from './start-options.ts';
import { prepareWelcome } from './welcome.ts';

/**
 * `npm start`: runs the whole service on this machine, with the simulator as its AimHarder. With `--live`, or with the three
 * AIMHARDER_* variables, it uses a real one.
 */
async function main(): Promise<void> {
  const shutdown = new Shutdown();
  shutdown.watch();
  const options = readStartOptions(process.argv.slice(2), process.env);
  const { dataDir, upstream } = options;
  const smtp = process.env['SMTP_URL'] ? await smtpClient(process.env['SMTP_URL'], console.log) : undefined;
  shutdown.add(openDataFolder(dataDir, upstream ? 'real' : 'simulated'));
  const bundles = join(dataDir, 'bundles');
  copyBundles(await currentBundles(), bundles);
  const simulator = upstream ? undefined : await startSimulator({ statePath: join(dataDir, 'gym.sqlite') });
  if (simulator) shutdown.add(simulator.stop);
  const dynamodbEndpoint = process.env['AWS_ENDPOINT_URL_DYNAMODB'];
  const stack = await startStack({
    ...options,
    ...(dynamodbEndpoint && { dynamodbEndpoint }),
    bundles,
    origins: upstream ?? simulator?.origins ?? refuse('There is no AimHarder to talk to.'),
    secrets: loadSecrets(dataDir, process.env['BACKGROUND_FINGERPRINT_SALT']),
    settings: pickSettings(process.env),
    corsOrigins: (process.env['CORS_ORIGINS'] ?? '').split(',').filter(Boolean),
    sendMail: smtp?.send,
    mailFrom: process.env['MAIL_FROM'] || smtp?.sender,
    log: (line) => console.log(line),
    servePage: serveDocs,
  });
  shutdown.add(stack.stop);
  // Recovers at once what an earlier crash has left behind, instead of at the next full minute.
  stack.invoke('sweep', { scheduledTime: toIso(stack.startedAt) }).catch(() => undefined);
  const publicUrl = process.env['PUBLIC_URL'];
  console.log(await prepareWelcome({ ...options, url: stack.url, publicUrl, simulator, sendsMail: Boolean(smtp) }));
  if (!options.isLive) watchSources(bundles, shutdown);
}

/** Bundles changed functions again. Under `--live` a new version of the sources takes a restart. */
function watchSources(bundles: string, shutdown: Shutdown): void {
  const stop = watchBundles({ folders: SOURCE_FOLDERS, build: currentBundles, target: bundles, log: console.log });
  shutdown.add(stop);
}

function refuse(message: string): never {
  throw new WrongSetting(message);
}

/** Tells why the service does not start, in one sentence if the operator can change it. */
function explain(error: unknown): string {
  if (error instanceof WrongSetting) return error.message;
  if (!(error instanceof Error)) return 'The start failed.';
  return ('code' in error && SENTENCES[String(error.code)]) || String(error.stack);
}

/** The system's errors that a setting causes. */
const SENTENCES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'The port is in use. Set PORT to another one.',
  EADDRNOTAVAIL: 'HOST is no address of this machine. 0.0.0.0 stands for all of them.',
  ENOTFOUND: 'HOST is no address of this machine. 0.0.0.0 stands for all of them.',
};

surviveErrors();
// A home has more time than memory: each of the functions' threads takes a fifth less.
setFlagsFromString('--optimize-for-size');
main().catch((error: unknown) => {
  console.error(explain(error));
  process.exit(1);
});
