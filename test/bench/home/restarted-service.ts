import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Instant } from '../../../lib/platform/clock.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import { sleepUntil } from './openings.ts';
import { rssMb, startService, stopService } from './service.ts';
import type { Traffic } from './traffic.ts';

/** @property seconds how long the service did not answer. */
export type Restart = { readonly killedAt: string; readonly seconds: number };

/** A live service that is killed and started again on its data folder. Requests that it does not answer meanwhile are excused. */
export class RestartedService {
  readonly restarts: Restart[] = [];
  readonly #folder: string;
  readonly #log: string;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #traffic: Traffic;
  #isUp: Promise<ChildProcess> = Promise.reject(new Error('The service was not started.'));

  constructor(folder: string, log: string, settings: Readonly<Record<string, string>>, traffic: Traffic) {
    this.#folder = folder;
    this.#log = log;
    this.#settings = settings;
    this.#traffic = traffic;
    this.#isUp.catch(() => undefined);
  }

  async start(): Promise<void> {
    this.#isUp = startService(this.#folder, this.#log, this.#settings, ['--live']).then(({ child }) => child);
    await this.#isUp;
  }

  /** Kills the service with SIGKILL at each of these instants, and starts it again. */
  async killAt(instants: readonly Instant[]): Promise<void> {
    for (const instant of instants) {
      await sleepUntil(instant);
      await this.#restart();
    }
  }

  async stop(): Promise<void> {
    const child = await this.#isUp.catch(() => undefined);
    if (child) await stopService(child);
  }

  /** The resident memory of the service, in MB, once it is up. */
  rssMb = async (): Promise<number> => rssMb(await this.#isUp);

  async #restart(): Promise<void> {
    const child = await this.#isUp;
    const killedAt = clock.now();
    const gone = once(child, 'exit');
    this.#traffic.isExcused = true;
    child.kill('SIGKILL');
    await gone;
    await this.start();
    this.#traffic.isExcused = false;
    const seconds = Math.round((clock.now() - killedAt) / 100) / 10;
    this.restarts.push({ killedAt: new Date(killedAt).toISOString(), seconds });
    console.log(`killed, and up again after ${seconds} s`);
  }
}
