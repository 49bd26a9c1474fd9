import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, type LiveService, startLive } from '../support/home/live-service.ts';
import { type SimulatorProcess, startSimulatorProcess } from '../support/home/simulator-process.ts';
import { apiClient, untilAnswered } from '../support/stories/api-client.ts';

/** `npm start -- --live` for several members, with a simulated AimHarder in another process where the real one would stand. */
const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-live-'));
const cleanUps: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];

let simulator: SimulatorProcess;
let environment: Record<string, string>;
beforeAll(async () => {
  simulator = await startSimulatorProcess({ seed: 5 });
  cleanUps.push(simulator.stop);
  environment = { PORT: String(await freePort()), DATA_DIR: join(folder, 'data'), ...simulator.variables };
});
afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

const MEMBERS = ['ana', 'ben', 'carla', 'dani'].map((name) => `${name}@example.com`);

/** How far ahead the classes open, in milliseconds: after both kills, and on a slow machine after the orders. */
const OPENINGS = [30_000, 45_000, 60_000];

const api = () => apiClient(`http://127.0.0.1:${environment['PORT']}`);

async function login(email: string) {
  const credentials = { email, password: 'demo-password', fingerprint: 'phone-12345' };
  const { body } = await untilAnswered(() => api().post('/v1/login', credentials));
  return api().as(String(body['accessToken']));
}

/** Orders the classes for every member. @returns what was ordered. */
async function orderAll(): Promise<readonly string[]> {
  const phones = await Promise.all(MEMBERS.map(login));
  const classes: string[] = [];
  for (const opensInMs of OPENINGS) {
    const { box, day, classId, opensAt } = await simulator.addClass({ opensInMs, capacity: 20 });
    classes.push(classId);
    const order = { box, day, classId, opensAt };
    await Promise.all(phones.map((phone) => untilAnswered(() => phone.post('/v1/prebookings', order))));
  }
  const settings = { email: true, events: ['booked', 'failed'], language: 'en' };
  const set = await Promise.all(phones.map((phone) => untilAnswered(() => phone.put('/v1/notifications', settings))));
  expect(set.map(({ status }) => status)).toEqual(MEMBERS.map(() => 200));
  return classes;
}

/** Lists the receiver and the subject of each message of a kind in the inbox. */
async function inbox(kind: string): Promise<readonly string[]> {
  const page = await (await fetch(`http://127.0.0.1:${environment['PORT']}/inbox`)).text();
  return [...page.matchAll(/<small>[^·]+· ([^·]+) · ([^<]+)<\/small>\s*<h2>([^<]*)<\/h2>\s*<p>([^<]*)/g)]
    .filter(([, of]) => of === kind)
    .map(([, , to, subject, told]) => `${to} ${subject} ${told}`);
}

const isFinished = (line: string) => line.includes('"event":"prebooking-finished"');

test('killed with −9 twice while classes open, every class is booked, and every message comes once', async () => {
  const services: LiveService[] = [];
  const start = async () => {
    const service = await startLive(environment);
    services.push(service);
    return service;
  };
  const finished = () => services.flatMap(({ lines }) => lines.filter(isFinished)).length;

  const first = await start();
  const classes = await orderAll();
  await expect.poll(finished).toBeGreaterThan(0);
  await first.kill();
  const second = await start();
  await expect.poll(finished).toBeGreaterThan(MEMBERS.length);
  await second.kill();
  const third = await start();
  cleanUps.push(third.stop);

  const booked = MEMBERS.length * OPENINGS.length;
  const mails = () => inbox('mail');
  await expect.poll(async () => (await mails()).length, { timeout: 280_000 }).toBe(booked);
  for (const classId of classes)
    expect((await simulator.reservations(classId)).map(({ email }) => email).toSorted()).toEqual(MEMBERS);
  expect(new Set(await mails()).size).toBe(booked);
  expect(new Set(await inbox('PreBooking Booked')).size).toBe(booked);
  expect(await inbox('PreBooking Booked')).toHaveLength(booked);
}, 600_000);

/** Requests a path of the running service by another name. */
async function status(path: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ port: environment['PORT'], path, headers: { host } }, (answer) => {
      text(answer).then(() => resolve(answer.statusCode), reject);
    })
      .on('error', reject)
      .end();
  });
}

test('open to other machines, it shows neither inbox nor docs, and answers its own names alone', async () => {
  const open = { ...environment, DATA_DIR: join(folder, 'open'), PORT: String(await freePort()) };
  const service = await startLive({ ...open, HOST: '0.0.0.0', ALLOWED_EMAILS: MEMBERS.slice(0, 1).join() });
  const before = environment;
  environment = open;
  try {
    expect(await status('/v1/health', '127.0.0.1')).toBe(200);
    expect(await status('/inbox', '127.0.0.1')).toBe(404);
    expect(await status('/docs', '127.0.0.1')).toBe(404);
    expect(await status('/v1/health', 'evil.example')).toBe(421);
    const stranger = { email: 'eve@example.com', password: 'demo-password', fingerprint: 'phone-12345' };
    expect((await api().post('/v1/login', stranger)).status).toBe(403);
    const phone = await login(String(MEMBERS[0]));
    // Nobody would see a mail.
    expect((await phone.put('/v1/notifications', { email: true })).status).toBe(400);
    expect(service.lines.join('\n')).toContain('Passwords travel in the clear.');
  } finally {
    environment = before;
    await service.stop();
  }
});
