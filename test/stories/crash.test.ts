import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { Simulator } from '../../infra/simulator/control.ts';
import { startSimulator } from '../../infra/simulator/simulator.ts';
import { tablesWith } from '../support/accounts/account.ts';
import { documentsAt } from '../support/platform/dynamo.ts';
import { apiClient, type Json, untilAnswered } from '../support/stories/api-client.ts';
import { forgetfulEngine } from '../support/stories/forgetful-engine.ts';
import { journal } from '../support/stories/journal.ts';
import { type OwnEngine, ownEngine } from '../support/stories/own-engine.ts';

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

/** Prepares to start the service again and again on one folder and one upstream. */
async function installation(simulatorOptions: Parameters<typeof startSimulator>[0], engine: OwnEngine | undefined) {
  const simulator = await startSimulator({ seed: 3, ...simulatorOptions });
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
  const login = async () => {
    const send = () => api.post('/v1/login', { email, password, fingerprint: 'phone-12345' });
    return api.as(String((await untilAnswered(send)).body['accessToken']));
  };
  return { simulator, folder, email, login, start: () => start(environment) };
}

/** How far ahead the class opens when it is ordered, in milliseconds: a slow machine takes its time for the order. */
const OPENS_IN = 30_000;

/** Orders a class, logs out, kills the service when `moment` says so, starts it again, and waits for the outcome. */
async function survive(moment: Moment, simulatorOptions: Parameters<typeof startSimulator>[0] = {}) {
  const engine = await ownEngine();
  const { simulator, login, start: startAgain } = await installation(simulatorOptions, engine);

  const first = await startAgain();
  const phone = await login();
  const { box, day, classId, opensAt } = await simulator.addClass({ opensInMs: OPENS_IN, capacity: 10 });
  const order = () => phone.post('/v1/prebookings', { box, day, classId, opensAt });
  const ordered = (await untilAnswered(order)).body['prebooking'] as Json;
  const id = String(ordered['id']);
  await untilAnswered(() => phone.post('/v1/logout'));
  await moment({ simulator, logged: first.logged, classId, id });
  await kill(first);
  const second = await startAgain();

  // On a slow machine the kill may come after the end.
  const hasFinished = first.lines.some((line) => line.includes('"prebooking-finished"') && line.includes(id));
  if (!hasFinished) await second.logged('prebooking-finished', { prebooking: id });
  const again = await login();
  const prebooking = (await untilAnswered(() => again.get(`/v1/prebookings/${id}`))).body['prebooking'];
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

/** Reads every row of the databases in a data folder: schedules, messages, events, mails. The service holds them while it runs. */
const rowsIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.sqlite'))
    .flatMap((name) => {
      const database = new DatabaseSync(join(folder, name));
      const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
      const rows = tables.flatMap((table) => database.prepare(`SELECT * FROM "${table['name']}"`).all());
      database.close();
      return rows.map((row) => `${name}: ${JSON.stringify(row)}`);
    });

describe.concurrent('killed with −9 in the middle of the deletion of an account', () => {
  test('a repeat finishes it: no table, schedule or queue names the member', async () => {
    const engine = await forgetfulEngine();
    const { simulator, folder, email, login, start: startAgain } = await installation({}, engine);
    const documents = documentsAt(engine.endpoint);
    const first = await startAgain();
    const phone = await login();
    const { box, day, classId, opensAt } = await simulator.addClass({ opensInMs: 3_600_000 });
    const order = () => phone.post('/v1/prebookings', { box, day, classId, opensAt });
    // An order that was placed although its answer came too late is found by the repeat: 200.
    expect([200, 201]).toContain((await untilAnswered(order)).status);
    const { promise: isHalfDone, resolve } = Promise.withResolvers<void>();
    const letThrough = engine.cutOff({ operation: 'DeleteItem', body: '"calendars"' }, resolve);

    const deletion = phone.delete('/v1/account').catch(() => undefined);
    await isHalfDone;
    await kill(first);
    await deletion;
    letThrough();

    const left = await tablesWith(documents, email);
    expect(left).toContain('sessions');
    expect(left).not.toContain('prebookings');
    const second = await startAgain();
    expect((await untilAnswered(() => phone.delete('/v1/account'))).status).toBe(204);
    expect(await tablesWith(documents, email)).toEqual([]);
    await kill(second);
    expect(rowsIn(folder).filter((row) => row.includes(email) || row.startsWith('schedules'))).toEqual([]);
    documents.destroy();
    await simulator.stop();
    engine.stop();
  });
});
