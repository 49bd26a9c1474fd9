import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, test } from 'vitest';
import type { Simulator } from '../../infra/simulator/control.ts';
import { startSimulator } from '../../infra/simulator/simulator.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import { apiClient, type Json } from '../support/stories/api-client.ts';

/** `npm start`'s own program, which is killed with −9 and started again on the same folder and the same upstream. */
const unhurried = new AbortController().signal;

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function start(environment: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['infra/commands/start.ts'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith('On the Dot')) break;
  child.stdout.resume();
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Orders a class, logs out, kills the service when `moment` says so, starts it again, and waits for the outcome. */
async function survive(
  moment: (simulator: Simulator, wanted: { classId: string; opensAt: string }) => Promise<void>,
  simulatorOptions: Parameters<typeof startSimulator>[0] = {},
) {
  const simulator = await startSimulator({ seed: 3, ...simulatorOptions });
  const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-crash-'));
  folders.push(folder);
  const environment = {
    PORT: String(await freePort()),
    DATA_DIR: folder,
    AIMHARDER_ORIGIN: simulator.origins.origin,
    AIMHARDER_LOGIN_ORIGIN: simulator.origins.login,
    AIMHARDER_BOX_ORIGIN: simulator.origins.box,
  };
  const api = apiClient(`http://127.0.0.1:${environment.PORT}`);
  const { email, password } = simulator.demo;
  const login = async () =>
    api.as(String((await api.post('/v1/login', { email, password, fingerprint: 'phone-12345' })).body['accessToken']));

  let child = await start(environment);
  const { box, day, classId, opensAt } = await simulator.addClass({ opensInMs: 10_000, capacity: 10 });
  const phone = await login();
  const ordered = (await phone.post('/v1/prebookings', { box, day, classId, opensAt })).body['prebooking'] as Json;
  await phone.post('/v1/logout');
  await moment(simulator, { classId, opensAt });
  await kill(child);
  child = await start(environment);

  const again = await login();
  let prebooking = ordered;
  for (const deadline = Date.parse(opensAt) + 90_000; prebooking['result'] === null && simulator.now() < deadline; ) {
    await clock.until(clock.monotonic() + 250, unhurried);
    prebooking = (await again.get(`/v1/prebookings/${ordered['id']}`)).body['prebooking'] as Json;
  }
  await kill(child);
  const outcome = {
    prebooking,
    reservations: simulator.reservations(classId).length,
    shots: simulator.record.bookings.filter((shot) => shot.classId === classId),
  };
  await simulator.stop();
  return outcome;
}

const until = (simulator: Simulator, iso: string, offset: number) =>
  clock.until(clock.monotonic() + (Date.parse(iso) + offset - simulator.now()), unhurried);

describe.concurrent('killed with −9 and started again, there is exactly one booking', () => {
  test('when it was preparing', async () => {
    const { prebooking, reservations, shots } = await survive((simulator, { opensAt }) =>
      until(simulator, opensAt, -6_000),
    );

    expect(prebooking).toMatchObject({ status: 'booked' });
    expect(reservations).toBe(1);
    expect(shots.every(({ lateness }) => lateness >= 0)).toBe(true);
  }, 120_000);

  test('when it had committed, and not yet shot', async () => {
    const { prebooking, reservations, shots } = await survive((simulator, { opensAt }) =>
      until(simulator, opensAt, -700),
    );

    expect(prebooking).toMatchObject({ status: 'booked' });
    expect(reservations).toBe(1);
    expect(shots).toHaveLength(1);
  }, 120_000);

  test('when it had shot, and not yet heard', async () => {
    const shotHasArrived = async (simulator: Simulator, { classId }: { classId: string }) => {
      while (!simulator.record.bookings.some((shot) => shot.classId === classId))
        await clock.until(clock.monotonic() + 5, unhurried);
    };
    const { prebooking, reservations, shots } = await survive(shotHasArrived, { answerMs: { min: 300, max: 300 } });

    expect(prebooking).toMatchObject({ status: 'booked' });
    expect(reservations).toBe(1);
    expect(shots).toHaveLength(1);
  }, 120_000);
});
