import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { copyBundles } from '../bundle/watch-bundles.ts';
import { pickSettings } from '../catalog/function-definition.ts';
import { startControl } from '../local/control.ts';
import { DATA_FILES } from '../local/data-files.ts';
import { openDataFolder } from '../local/data-folder.ts';
import { serveDocs } from '../local/docs-page.ts';
import { loadSecrets } from '../local/secrets-manager.ts';
import { createSmtpClient, findSender } from '../local/smtp.ts';
import { startStack } from '../local/stack.ts';
import { WrongSetting } from '../local/wrong-setting.ts';
import type { Simulator } from '../simulator/control.ts';
import { Shutdown, surviveErrors } from './shutdown.ts';
import type { StartOptions } from './start-options.ts';
import { prepareWelcome } from './welcome.ts';

export type ServiceParts = {
  readonly options: StartOptions;
  /** Builds the functions' bundles. @returns their folder. */
  readonly build: () => Promise<string>;
  /** Starts the simulator. Called only if the settings name no AimHarder. @param statePath the file that keeps its state. */
  readonly startSimulator?: (statePath: string) => Promise<Simulator>;
};

/**
 * Starts the whole service, and prints how to use it.
 *
 * @returns the folder from which its functions run, and the shutdown, to which the caller may add steps.
 * @throws WrongSetting if a setting prevents the start.
 */
export async function startService({ options, build, startSimulator }: ServiceParts) {
  const shutdown = new Shutdown();
  shutdown.watch();
  const { dataDir, upstream } = options;
  const smtp = process.env['SMTP_URL'] ? await createSmtpClient(process.env['SMTP_URL'], console.log) : undefined;
  const mailFrom = findSender(smtp, process.env['MAIL_FROM']);
  shutdown.add(openDataFolder(dataDir, upstream ? 'real' : 'simulated'));
  const bundles = join(dataDir, DATA_FILES.bundles);
  copyBundles(await build(), bundles);
  const simulator = upstream ? undefined : await startSimulator?.(join(dataDir, DATA_FILES.simulator));
  if (simulator) shutdown.add(simulator.stop);
  const dynamodbEndpoint = process.env['AWS_ENDPOINT_URL_DYNAMODB'];
  const stack = await startStack({
    ...options,
    ...(dynamodbEndpoint && { dynamodbEndpoint }),
    bundles,
    sharesThreads: options.isLive,
    origins: upstream ?? simulator?.origins ?? refuse('There is no AimHarder to talk to.'),
    secrets: loadSecrets(dataDir, process.env['BACKGROUND_FINGERPRINT_SALT']),
    settings: pickSettings(process.env),
    corsOrigins: (process.env['CORS_ORIGINS'] ?? '')
      .split(',')
      .map((origin) => origin.trim())
      .filter(Boolean),
    sendMail: smtp?.send,
    mailFrom,
    log: (line) => console.log(line),
    onFailedWrite: endProcess,
    serveLocalPage: serveDocs,
  });
  shutdown.add(stack.stop);
  shutdown.add(await startControl(dataDir));
  // Recovers from an earlier crash at once, instead of at the next full minute. If this run fails, the next one recovers.
  void stack.sweep();
  const publicUrl = process.env['PUBLIC_URL'];
  console.log(await prepareWelcome({ ...options, url: stack.url, publicUrl, simulator, sendsMail: Boolean(smtp) }));
  return { bundles, shutdown };
}

/**
 * Ends the process at once, as a kill does, because only a start finds what is on the disk (store-errors.ts). Where systemd runs
 * the service, systemd starts the service again.
 */
function endProcess({ message }: Error): never {
  console.error(
    `The disk has failed a write (${message}). If it is full, free some space. Start the service again, unless systemd does.`,
  );
  process.exit(1);
}

function refuse(message: string): never {
  throw new WrongSetting(message);
}

/** What to tell the operator, by the code of a system error that the operator can mend. */
const FAULTS: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full. Free some space on it.',
  EADDRINUSE: 'The port is in use. Set PORT to another port.',
  EADDRNOTAVAIL: 'HOST is no address of this machine. 0.0.0.0 stands for all of its addresses.',
  ENOTFOUND: 'HOST is no address of this machine. 0.0.0.0 stands for all of its addresses.',
};

/** Runs a command. If the command fails, prints why (in one sentence if a setting is the cause) and ends the process. */
export function runCommand(main: () => Promise<unknown>): void {
  surviveErrors();
  // On a small machine memory is scarcer than time. With this option, each of the functions' threads takes a fifth less memory.
  setFlagsFromString('--optimize-for-size');
  main().catch((error: unknown) => {
    console.error(explain(error));
    process.exit(1);
  });
}

function explain(error: unknown): string {
  if (error instanceof WrongSetting) return error.message;
  if (!(error instanceof Error)) return 'The start failed.';
  return ('code' in error && FAULTS[String(error.code)]) || String(error.stack);
}
