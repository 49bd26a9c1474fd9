import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod/mini';
import { DAY, MINUTE, SECOND } from '../../../lib/platform/clock.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import { packFolder } from './packed-folder.ts';

// node test/support/home/make-data-folder.ts <checkout of a released version> <file>: runs that version's `npm start`, makes one
// member with something of everything, kills it with −9, and packs its data folder (test/README.md).

const [checkout, file] = process.argv.slice(2);
if (checkout === undefined || file === undefined) throw new Error('Name a checkout, and the file to write.');

const Answer = z.record(z.string(), z.unknown());
const Prebooking = z.object({ prebooking: z.object({ id: z.string(), status: z.string() }) });
const Class = z.object({ box: z.string(), day: z.string(), classId: z.string(), opensAt: z.string() });
const Listed = z.object({ classes: z.array(z.object({ classId: z.string(), state: z.string() })) });

/** How far ahead the class opens that is booked before the kill, in milliseconds, and the one that still waits. */
const BOOKED_IN = 100 * SECOND;
const WAITS_FOR = 30 * MINUTE;

const folder = mkdtempSync(join(tmpdir(), 'earlier-version-'));
const child = spawn(process.execPath, ['infra/commands/start.ts'], {
  cwd: resolve(checkout),
  env: { ...process.env, PORT: '0', DATA_DIR: folder },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const { url, simulator } = await findAddresses(child);
  packFolder(folder, await makeMember(url, simulator.replace(/\/www$/, '/_gym')), file);
  console.log(`${file}: ${statSync(file).size} bytes`);
} finally {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

/** Reads the addresses that `npm start` prints. */
async function findAddresses({ stdout }: ChildProcess): Promise<{ readonly url: string; readonly simulator: string }> {
  let [url, simulator] = ['', ''];
  if (!stdout) throw new Error('The service has no output.');
  for await (const line of createInterface({ input: stdout })) {
    url ||= /^On the Dot +(\S+)$/.exec(line)?.[1] ?? '';
    simulator ||= /^simulat.* (http\S+)$/.exec(line)?.[1] ?? '';
    if (url && simulator) break;
  }
  if (url === '' || simulator === '') throw new Error('The service did not start.');
  stdout.resume();
  return { url, simulator };
}

/** Makes a member with something of everything. Kills the service once all of it is stored. */
async function makeMember(url: string, admin: string) {
  let token = '';
  async function ask(method: string, address: string, body?: object): Promise<unknown> {
    const answer = await fetch(new URL(address, url), {
      method,
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  }
  const login = { email: 'demo@example.com', password: 'demo-password', fingerprint: 'phone-12345' };
  token = String(Answer.parse(await ask('POST', '/v1/login', { ...login, keepCredentials: true }))['accessToken']);
  await ask('PUT', '/v1/notifications', { email: true, language: 'en' });
  const calendar = Answer.parse(await ask('POST', '/v1/calendar'));
  const order = async (opensInMs: number, name: string) => {
    const { box, day, classId, opensAt } = Class.parse(await ask('POST', `${admin}/classes`, { opensInMs, name }));
    return Prebooking.parse(await ask('POST', '/v1/prebookings', { box, day, classId, opensAt })).prebooking.id;
  };
  const booked = await order(BOOKED_IN, 'BOOKED BEFORE');
  const waiting = await order(WAITS_FOR, 'STILL WAITING');
  const box = 'crossfit-demo';
  const day = new Date(clock.now() + 2 * DAY).toISOString().slice(0, 10);
  const { classes } = Listed.parse(await ask('GET', `/v1/classes?box=${box}&day=${day}`));
  const bookable = classes.find(({ state }) => state === 'bookable');
  await ask('POST', '/v1/bookings', { box, day, classId: bookable?.classId });
  await ask('POST', '/v1/routines', { box, weekday: 2, startsAt: '18:00', className: 'WOD' });
  await ask('PUT', '/v1/pauses', { pauses: [{ from: '2030-08-01', until: '2030-08-15' }] });
  for (;;) {
    const { prebooking } = Prebooking.parse(await ask('GET', `/v1/prebookings/${booked}`));
    if (prebooking.status === 'booked') break;
    if (!['pending', 'firing'].includes(prebooking.status)) throw new Error(`It is ${prebooking.status}.`);
    await new Promise((resume) => setTimeout(resume, SECOND));
  }
  // The message about it, and the planner's minute.
  await new Promise((resume) => setTimeout(resume, MINUTE));
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  const feed = new URL(String(calendar['url'])).pathname;
  return { leftAt: new Date(clock.now()).toISOString(), accessToken: token, feed, booked, waiting };
}
