import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { afterEach, expect, test } from 'vitest';
import { startInbox } from '../../../infra/local/inbox.ts';
import { openInboxStore } from '../../../infra/local/inbox-store.ts';
import { createMovableClock } from '../../../infra/local/movable-clock.ts';
import { MINUTE } from '../../../lib/platform/clock.ts';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) cleanUp();
});

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'inbox-'));
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

const mailTo = (to: string) => ({ receivedAt: 1, kind: 'mail', to, subject: 'Booked', text: 'You have a seat.' });

test('the inbox keeps its newest 200 entries over a restart, each once', () => {
  const path = join(dataFolder(), 'inbox.sqlite');
  const before = openInboxStore(path);
  for (let n = 0; n < 203; n += 1) before.add(`event ${n}`, { ...mailTo('ada@example.com'), receivedAt: n });
  expect(before.add('event 202', mailTo('ada@example.com'))).toBe(false);
  before.close();

  const after = openInboxStore(path);
  cleanUps.push(after.close);

  expect(after.list().map(({ receivedAt }) => receivedAt)).toEqual(Array.from({ length: 200 }, (_, n) => 202 - n));
  expect(after.add('event 202', mailTo('ada@example.com'))).toBe(false);
});

test('the entries of a member whose account is deleted go, the others stay', async () => {
  const path = join(dataFolder(), 'inbox.sqlite');
  const store = openInboxStore(path);
  for (const to of ['ada@example.com', 'ben@example.com']) store.add(to, mailTo(to));
  store.close();
  const inbox = await startInbox({ path, settings: {}, log: () => undefined, clock: createMovableClock() });
  await inbox.forgetDeleted(async (email) => email === 'ada@example.com');
  inbox.stop();

  const after = openInboxStore(path);
  cleanUps.push(after.close);
  expect(after.list()).toMatchObject([{ to: 'ben@example.com' }]);
});

/** Sends a mail by an inbox that has been started on a folder. */
async function send(folder: string, clock: ReturnType<typeof createMovableClock>, times = 1): Promise<void> {
  const inbox = await startInbox({
    path: join(folder, 'inbox.sqlite'),
    sentPath: join(folder, 'sent.sqlite'),
    settings: {},
    log: () => undefined,
    clock,
  });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const ses = new SESv2Client({ endpoint: inbox.endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 });
  const part = (Data: string) => ({ Data });
  for (let n = 0; n < times; n += 1)
    await ses.send(
      new SendEmailCommand({
        FromEmailAddress: 'gym@example.com',
        Destination: { ToAddresses: ['ada@example.com'] },
        Content: { Simple: { Subject: part('Booked'), Body: { Text: part('You have a seat.') } } },
      }),
    );
  ses.destroy();
  inbox.stop();
}

test('a mail that comes again after a restart is in the inbox once; a like mail that is sent again, twice', async () => {
  const [folder, clock] = [dataFolder(), createMovableClock()];
  const count = () => {
    const store = openInboxStore(join(folder, 'inbox.sqlite'));
    const { length } = store.list();
    store.close();
    return length;
  };
  await send(folder, clock);
  await send(folder, clock);
  expect(count()).toBe(1);

  await send(folder, clock, 2);
  expect(count()).toBe(3);

  clock.moveTo(clock.now() + 11 * MINUTE);
  await send(folder, clock);
  expect(count()).toBe(4);
});
