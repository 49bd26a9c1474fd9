import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import type { DescribedClass, Simulator } from '../../../infra/simulator/control.ts';
import type { SimulatorOptions } from '../../../infra/simulator/simulator.ts';
import { browser, readToken } from '../../support/simulator/member.ts';

type Announced = Pick<Simulator, 'origins' | 'demo'> & { readonly admin: string };

const folder = mkdtempSync(join(tmpdir(), 'gym-'));

const running: ChildProcess[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map(kill));
  rmSync(folder, { recursive: true, force: true });
});

async function open(options: SimulatorOptions): Promise<Announced> {
  const child = spawn(process.execPath, ['infra/simulator/main.ts', JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return JSON.parse(line) as Announced;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function ask(url: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(url, body ? { method: 'POST', body: JSON.stringify(body) } : {});
  return (await response.json()) as Record<string, unknown>;
}

test('a simulator in its own process is controlled at /_gym, and keeps its state after kill -9', async () => {
  const options = { statePath: join(folder, 'gym.sqlite') };
  const first = await open(options);
  const member = browser(first as unknown as Simulator);
  const token = readToken(await member.login());
  const wanted = (await ask(`${first.admin}/classes`, { opensInMs: 0, capacity: 5 })) as unknown as DescribedClass;
  await member.book(wanted);
  const double = await ask(`${first.admin}/classes/double`, { classId: wanted.classId });
  await ask(`${first.admin}/classes/change`, { classId: double['classId'], cancelled: true });
  expect(await ask(`${first.admin}/record`)).toMatchObject({
    logins: [{ email: 'demo@example.com', ok: true }],
    bookings: [{ classId: wanted.classId, answer: 'booked' }],
    requests: { '/api/login': 1, '/api/book': 1 },
  });

  await Promise.all(running.splice(0).map(kill));
  const second = await open({ ...options, port: Number(new URL(first.admin).port) });

  expect(second.origins).toEqual(first.origins);
  expect(await member.whoAmI()).toMatchObject([{ name: 'demo' }]);
  expect((await member.tokenUpdate(token)).json).toHaveProperty('newToken');
  expect(await member.row(wanted)).toMatchObject({ bookState: 1, idres: 90_000_001, limitc: 5, ocupation: 1 });
  const places = [{ email: 'demo@example.com', bookingId: '90000001', waitlisted: false }];
  expect(await ask(`${second.admin}/reservations?classId=${wanted.classId}`)).toEqual(places);
  const more = (await ask(`${second.admin}/classes`, { opensInMs: 0 })) as unknown as DescribedClass;
  expect(more.classId).not.toBe(wanted.classId);
  expect((await member.book(more)).json).toMatchObject({ bookState: 1, id: '90000002' });
});

test('the control works over HTTP, and names what it refuses', async () => {
  const { admin, origins, demo } = await open({});
  const member = browser({ origins, demo } as unknown as Simulator);
  await ask(`${admin}/faults`, { path: '/api/login', fault: { kind: 'status', status: 503 }, times: 1 });

  expect((await member.login()).status).toBe(503);
  expect((await member.login()).status).toBe(200);
  await ask(`${admin}/sessions/end`, { email: demo.email });
  expect(await member.whoAmI()).toEqual([]);
  expect(await ask(`${admin}/clock`)).toEqual({ now: expect.any(Number) });
  expect(await ask(`${admin}/next-rolling-class?offset=1`)).toMatchObject({ box: 'crossfit-demo' });
  expect(await ask(`${admin}/faults`, { path: '/api/login', fault: { kind: 'nonsense' } })).toHaveProperty('error');
  await ask(`${admin}/switches`, { tokenUpdate: '404' });
  expect((await member.tokenUpdate(readToken(await member.login()))).status).toBe(404);
  expect(await ask(`${admin}/switches`, { tokenUpdates: '404' })).toEqual({ error: 'no switch named tokenUpdates' });
  const byRule = { box: 'box-tenerife', day: '2030-10-29', time: '08:00', cancelled: true };
  expect(await ask(`${admin}/classes`, byRule)).toMatchObject({ time: '08:00', opensAt: '2030-10-25T07:00:00.000Z' });
  expect(await ask(`${admin}/classes`, { box: 'elsewhere', opensInMs: 0 })).toEqual({
    error: 'no box named elsewhere',
  });
});
