import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { Simulator } from '../../infra/simulator/control.ts';
import { startSimulator } from '../../infra/simulator/simulator.ts';
import { apiClient, type Json } from '../support/stories/api-client.ts';
import { journal } from '../support/stories/journal.ts';
import { ownEngine } from '../support/stories/own-engine.ts';

/** `npm start`'s own program, which is killed with −9 and started again on the same folder and the same upstream. */
const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Ports below those that the system gives to others, so that the same one is still free when the service starts again. */
const PORTS = { from: 12_000, count: 18_000 };

async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * PORTS.count);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
}

type Service = { readonly child: ChildProcess } & Pick<ReturnType<typeof journal>, 'lines' | 'logged'>;

async function start(environment: Record<string, string>): Promise<Service> {
  const child = spawn(process.execPath, ['infra/commands/start.ts'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { write, lines, logged } = journal();
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('It did not start.')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      write(line);
      if (line.startsWith('On the Dot')) resolve();
    });
  });
  return { child, lines, logged };
}

async function kill({ child }: Service): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Resolves at the moment when the service is to be killed. */
type Moment = (at: {
  readonly simulator: Simulator;
  readonly logged: Service['logged'];
  readonly classId: string;
  readonly id: string;
}) => Promise<void>;

/** How far ahead the class opens, in milliseconds: a slow machine takes its time for the first login and the order. */
const OPENS_IN = 20_000;

/** Orders a class, logs out, kills the service when `moment` says so, starts it again, and waits for the outcome. */
async function survive(moment: Moment, simulatorOptions: Parameters<typeof startSimulator>[0] = {}) {
  const simulator = await startSimulator({ seed: 3, ...simulatorOptions });
  const engine = await ownEngine();
  const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-crash-'));
  folders.push(folder);
  const environment = {
    PORT: String(await freePort()),
    DATA_DIR: folder,
    AIMHARDER_ORIGIN: simulator.origins.origin,
    AIMHARDER_LOGIN_ORIGIN: simulator.origins.login,
    AIMHARDER_BOX_ORIGIN: simulator.origins.box,
    ...(engine && { AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint }),
  };
  const api = apiClient(`http://127.0.0.1:${environment.PORT}`);
  const { email, password } = simulator.demo;
  const login = async () =>
    api.as(String((await api.post('/v1/login', { email, password, fingerprint: 'phone-12345' })).body['accessToken']));

  const first = await start(environment);
  const { box, day, classId, opensAt } = await simulator.addClass({ opensInMs: OPENS_IN, capacity: 10 });
  const phone = await login();
  const ordered = (await phone.post('/v1/prebookings', { box, day, classId, opensAt })).body['prebooking'] as Json;
  const id = String(ordered['id']);
  await phone.post('/v1/logout');
  await moment({ simulator, logged: first.logged, classId, id });
  await kill(first);
  const second = await start(environment);

  // On a slow machine the kill may come after the end.
  const hasFinished = first.lines.some((line) => line.includes('"prebooking-finished"') && line.includes(id));
  if (!hasFinished) await second.logged('prebooking-finished', { prebooking: id });
  const prebooking = (await (await login()).get(`/v1/prebookings/${id}`)).body['prebooking'];
  await kill(second);
  const outcome = {
    prebooking,
    reservations: simulator.reservations(classId).length,
    shots: simulator.record.bookings.filter((shot) => shot.classId === classId),
  };
  await simulator.stop();
  engine?.stop();
  return outcome;
}

describe.concurrent('killed with −9 and started again, there is exactly one booking', () => {
  test('while it prepares', async () => {
    const { prebooking, reservations, shots } = await survive(({ logged, id }) =>
      logged('prebooking-claimed', { prebooking: id }),
    );

    expect(prebooking).toMatchObject({ status: 'booked' });
    expect(reservations).toBe(1);
    expect(shots.every(({ lateness }) => lateness >= 0)).toBe(true);
  });

  test('after it has committed, before its shot', async () => {
    const { prebooking, reservations, shots } = await survive(({ logged, id }) =>
      logged('prebooking-committed', { prebooking: id }),
    );

    expect(prebooking).toMatchObject({ status: 'booked' });
    expect(reservations).toBe(1);
    expect(shots).toHaveLength(1);
  });

  test('after its shot, before the answer', async () => {
    // Its answer waits in this very process, for longer than a look takes: no answer can come before the kill.
    const shotHasArrived: Moment = async ({ simulator, classId }) => {
      while (!simulator.record.bookings.some((shot) => shot.classId === classId)) await setTimeout(5);
    };
    const { prebooking, reservations, shots } = await survive(shotHasArrived, { answerMs: { min: 300, max: 300 } });

    expect(prebooking).toMatchObject({ status: 'booked' });
    expect(reservations).toBe(1);
    expect(shots).toHaveLength(1);
  });
});
