import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SendResult } from '../../lib/notifications/channel.ts';
import { settingsView } from '../../lib/notifications/settings-view.ts';
import { DAY, HOUR, MINUTE } from '../../lib/platform/clock.ts';
import { NotifiedMember } from '../support/notifications/delivery-world.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { defined } from '../support/sessions/session-world.ts';

/* What is the same for every channel whose receiver a member sets: retries, the end, and a test. */

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const TOPIC = 'https://ntfy.example.com/ada-3f9c';
const BOT = '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11';

const RECEIVERS = [
  ['ntfy', { ntfy: { url: TOPIC, token: 'tk_secret' } }],
  ['telegram', { telegram: { botToken: BOT, chatId: '42' } }],
] as const;

const OUT: SendResult = { kind: 'failed', fault: 'status-503', retryAfter: 0 };

async function memberWith(settings: object) {
  const member = new NotifiedMember(dynamo.documents);
  await member.set({ language: 'en', ...settings });
  return member;
}

async function pass(member: NotifiedMember, millis: number, step = MINUTE) {
  for (let passed = 0; passed < millis; passed += step) {
    member.clock.advance(step);
    await member.retry();
  }
}

test.each(RECEIVERS)('%s gets what happened, the reason, and a link, once', async (channel, settings) => {
  const member = await memberWith(settings);
  const [booked, full] = [member.event('booked'), member.event('class-full')];

  for (const event of [booked, full, booked]) await member.notify(event);
  await pass(member, 3 * MINUTE);

  expect(member.told.map(({ kind, subject, text, link }) => ({ kind, subject, text, link }))).toEqual([
    {
      kind: 'booked',
      subject: 'Booked: WOD, Saturday 21 March, 19:30',
      text: 'You have a place in WOD (CrossFit Demo) on Saturday 21 March at 19:30.',
      link: 'https://page.example.com/#mine',
    },
    {
      kind: 'failed',
      subject: 'Not booked: WOD, Saturday 21 March, 19:30',
      text: 'WOD (CrossFit Demo) on Saturday 21 March at 19:30 could not be booked: the class is full. Look for a seat in another class, or join the waitlist if there is one.',
      link: 'https://page.example.com/#mine',
    },
  ]);
  expect(await member.receiver(channel)).toMatchObject({ lastError: null, disabledAt: null });
});

test.each(RECEIVERS)(
  '%s that was down, and asks for a pause, gets the missed message after it',
  async (channel, settings) => {
    const member = await memberWith(settings);
    member.answer = { ...OUT, fault: 'status-429', retryAfter: 10 * MINUTE };
    await member.notify(member.event());
    expect(await member.receiver(channel)).toMatchObject({ lastError: 'status-429' });
    member.answer = { kind: 'delivered' };

    await pass(member, 9 * MINUTE);
    expect(member.told).toHaveLength(1);
    await pass(member, 2 * MINUTE);

    expect(member.told).toHaveLength(2);
    expect(await member.receiver(channel)).toMatchObject({ lastError: null, failingSince: null });
  },
);

test.each(RECEIVERS)(
  '%s that accepts nothing for a week is disabled, and its member is told by mail',
  async (channel, settings) => {
    const member = await memberWith({ ...settings, email: true });
    member.answer = OUT;
    await member.notify(member.event());

    await pass(member, 7 * DAY + 2 * HOUR, HOUR);

    expect(settingsView(defined(await member.settings.find(member.email)), [])[channel]).toMatchObject({
      state: 'disabled',
      lastError: 'status-503',
    });
    expect(member.mails).toHaveLength(2);
    expect(member.mails[1]?.subject).toMatch(/^Your (ntfy|Telegram) has been disabled$/);
    expect(member.mails[1]?.text).toContain('https://page.example.com/#settings');
  },
);

test.each(RECEIVERS)(
  '%s that wants no more is disabled at once, and nothing waits for it; set again, it is active',
  async (channel, settings) => {
    const other = channel === 'ntfy' ? 'telegram' : 'ntfy';
    const member = await memberWith(Object.assign({}, ...RECEIVERS.map(([, one]) => one)));
    member.answer = OUT;
    await member.notify(member.event());
    member.answer = { kind: 'gone', fault: 'blocked' };
    await member.set({ language: 'en', ...settings, [other]: null });
    await member.notify(member.event());
    expect(await member.receiver(channel)).toMatchObject({ lastError: 'blocked', disabledAt: expect.any(Number) });
    expect(await member.retry()).toMatchObject({ sent: 0 });

    await member.set({ language: 'en', ...settings });
    expect(await member.receiver(channel)).toMatchObject({ lastError: null, disabledAt: null });
  },
);

test('a channel that ends is told over every other one, once', async () => {
  const member = await memberWith({ ...RECEIVERS[0][1], email: true });
  member.answer = { kind: 'gone', fault: 'status-403' };
  await Promise.all([member.notify(member.event()), member.notify(member.event())]);
  await pass(member, 3 * MINUTE);

  expect(member.mails.map(({ subject }) => subject).filter((subject) => subject.startsWith('Your ntfy'))).toHaveLength(
    1,
  );
});

test('a test says of each channel whether it works, and changes what is known of it', async () => {
  const member = await memberWith(Object.assign({ email: true }, ...RECEIVERS.map(([, one]) => one)));
  member.answer = OUT;

  expect(await member.test()).toEqual({
    sent: ['email'],
    failed: [
      { channel: 'ntfy', reason: 'status-503' },
      { channel: 'telegram', reason: 'status-503' },
    ],
  });
  expect(await member.receiver('ntfy')).toMatchObject({ lastError: 'status-503', disabledAt: null });
  member.answer = { kind: 'delivered' };
  expect(await member.test()).toEqual({ sent: ['email', 'ntfy', 'telegram'], failed: [] });
  expect(member.told.at(-1)).toMatchObject({ kind: 'test', subject: 'This is a test' });
  expect(await member.receiver('ntfy')).toMatchObject({ lastError: null });
  await pass(member, HOUR, 10 * MINUTE);
  expect(member.mails).toHaveLength(2);
});

test('a test finds a chat that has blocked the bot, and disables the channel', async () => {
  const member = await memberWith(RECEIVERS[1][1]);
  member.answer = { kind: 'gone', fault: 'blocked' };

  expect(await member.test()).toEqual({ sent: [], failed: [{ channel: 'telegram', reason: 'blocked' }] });
  expect(await member.receiver('telegram')).toMatchObject({ disabledAt: expect.any(Number) });
  expect(await member.test()).toEqual({ sent: [], failed: [] });
});

test('a member without a channel can test nothing', async () => {
  expect(await new NotifiedMember(dynamo.documents).test()).toEqual({ sent: [], failed: [] });
});

test('no log and no stored item holds a token in plain text', async () => {
  const member = await memberWith(Object.assign({}, ...RECEIVERS.map(([, one]) => one)));
  member.answer = OUT;
  await member.notify(member.event());
  await member.test();

  const stored = JSON.stringify(await member.settings.find(member.email));
  for (const hidden of ['tk_secret', BOT, 'ada-3f9c', member.email])
    expect(member.lines.filter((line) => line.includes(hidden))).toEqual([]);
  for (const hidden of ['tk_secret', BOT]) expect(stored).not.toContain(hidden);
});
