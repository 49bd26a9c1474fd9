import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { backUp } from '../../infra/local/backup.ts';
import { MINUTE } from '../../lib/platform/clock.ts';
import { unpackFolder } from '../support/home/packed-folder.ts';
import { clockAt, startOnFolder } from '../support/home/stack-on-folder.ts';
import { type Json, untilAnswered } from '../support/stories/api-client.ts';

const DEMO = 'demo@example.com';

/** Data folders of released versions (test/README.md, "A folder of each version"). */
const FOLDERS = 'test/support/home/folders';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

type Running = Awaited<ReturnType<typeof startOnFolder>>;
type Phone = ReturnType<Running['as']>;

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'data-folder-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'data');
}

async function start(...options: Parameters<typeof startOnFolder>): Promise<Running> {
  const running = await startOnFolder(...options);
  cleanUps.push(running.stop);
  return running;
}

const listed = async (phone: Phone, path: string, name: string) => (await phone.get(path)).body[name] as Json[];

/** Moves to shortly before an opening, as minutes would pass, and waits for the outcome. */
async function passOpening({ stack, sweep }: Running, phone: Phone, id: string): Promise<Json> {
  const find = async () => (await phone.get(`/v1/prebookings/${id}`)).body['prebooking'] as Json;
  const { opensAt } = await find();
  for (const minutesBefore of [1.5, 0.5]) {
    await stack.skipTo(Date.parse(String(opensAt)) - minutesBefore * MINUTE);
    await sweep();
  }
  await stack.skipTo(Date.parse(String(opensAt)) - 2_000);
  await expect.poll(async () => (await find())['status']).not.toMatch(/pending|firing/);
  return find();
}

test.each(readdirSync(FOLDERS))(
  'a data folder of the version before is opened by this one: %s',
  async (name) => {
    const dataDir = emptyFolder();
    const { leftAt, accessToken, feed, booked, waiting } = unpackFolder(join(FOLDERS, name), dataDir);
    const running = await start(dataDir, clockAt(Date.parse(leftAt) + MINUTE));
    const phone = running.as(accessToken);

    expect(await listed(phone, '/v1/sessions', 'sessions')).toHaveLength(2);
    const orders = await listed(phone, '/v1/prebookings', 'prebookings');
    expect(orders).toContainEqual(expect.objectContaining({ id: booked, status: 'booked' }));
    expect(orders).toContainEqual(expect.objectContaining({ id: waiting, status: 'pending', atRisk: false }));
    expect(await listed(phone, '/v1/routines', 'routines')).toMatchObject([{ startsAt: '18:00', className: 'WOD' }]);
    expect(await listed(phone, '/v1/pauses', 'pauses')).toMatchObject([{ from: '2030-08-01' }]);
    expect((await listed(phone, '/v1/bookings', 'bookings')).map(({ via }) => via)).toContain('api');
    expect((await phone.get('/v1/notifications')).body).toMatchObject({
      notifications: { email: true, language: 'en' },
    });
    expect((await running.as().get(feed)).text).toContain('BOOKED BEFORE');
    expect((await phone.get('/v1/account')).body['account']).toMatchObject({ keepsCredentials: true });

    expect(await passOpening(running, phone, waiting)).toMatchObject({ status: 'booked' });
    await running.sweep(); // The sweep publishes outcomes.
    const told = () => running.stack.inbox.mails.filter(({ subject }) => subject.startsWith('Booked: STILL WAITING'));
    await expect.poll(told).toHaveLength(1);
    expect(JSON.parse(readFileSync(join(dataDir, 'folder.json'), 'utf8'))).toEqual({
      version: 1,
      aimharder: 'simulated',
    });
  },
  300_000,
);

test('a copy that was made while the service ran goes on elsewhere: its pre-booking is booked there', async () => {
  const [dataDir, copy] = [emptyFolder(), emptyFolder()];
  const clock = clockAt(Date.parse('2030-03-04T12:00:00Z'));
  const first = await start(dataDir, clock);
  const login = { email: DEMO, password: 'demo-password', fingerprint: 'phone-12345' };
  const loggedIn = await untilAnswered(() => first.as().post('/v1/login', login));
  const token = String(loggedIn.body['accessToken']);
  const order = async (name: string) => {
    const { box, day, classId, opensAt } = first.simulator.addClass({ opensInMs: 30 * MINUTE, name });
    const { body } = await untilAnswered(() => first.as(token).post('/v1/prebookings', { box, day, classId, opensAt }));
    return String((body['prebooking'] as Json)['id']);
  };
  const before = await order('BEFORE THE COPY');

  const copied = backUp(dataDir, copy);
  const after = await order('AFTER THE COPY');
  await copied;
  cleanUps.splice(cleanUps.indexOf(first.stop), 1);
  await first.stop();
  const second = await start(copy, clock);
  const phone = second.as(token);

  expect((await phone.get(`/v1/prebookings/${after}`)).status).toBe(404);
  expect(await passOpening(second, phone, before)).toMatchObject({ status: 'booked' });
});
