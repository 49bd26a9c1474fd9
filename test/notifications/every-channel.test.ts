import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ServiceEvent } from '../../lib/events/event-schemas.ts';
import { CHANNELS, type Channel } from '../../lib/notifications/channel.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { type ChannelWorld, startChannelWorld } from '../support/notifications/channel-worlds.ts';
import { startReceiver, status } from '../support/notifications/receiver.ts';
import { startDynamo } from '../support/platform/dynamo.ts';

/* Every channel, with a receiver of its own kind on loopback: every message, and whatever the receiver does. */

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const running: { stop(): void }[] = [];
afterEach(() => {
  for (const one of running.splice(0)) one.stop();
});

async function worldOf(channel: Channel): Promise<ChannelWorld> {
  const world = await startChannelWorld(dynamo.documents, channel);
  running.push(world);
  return world;
}

/** Lets time pass and retries after each step. */
async function pass({ member }: ChannelWorld, millis: number, step = MINUTE) {
  for (let passed = 0; passed < millis; passed += step) {
    member.clock.advance(step);
    await member.retry();
  }
}

const CLASS = { box: 'crossfit-demo', day: '2026-03-21', className: 'WOD', classStartsAt: '2026-03-21T18:30:00.000Z' };
const ORDERED = { ...CLASS, prebookingId: 'e', classId: '42', familyId: null };

const MESSAGES: readonly [string, (world: ChannelWorld) => ServiceEvent, string, string][] = [
  ['booked', ({ member }) => member.event(), 'Booked: WOD', 'You have a place in WOD (CrossFit Demo)'],
  ['failed', ({ member }) => member.event('class-full'), 'Not booked: WOD', 'the class is full'],
  [
    'uncertain',
    ({ member }) => member.event('unknown'),
    'We do not know whether you have a place: WOD',
    'AimHarder’s answer did not tell us',
  ],
  [
    'login needed',
    ({ member: { email } }) => ({
      type: 'PreBooking AtRisk',
      detail: { ...ORDERED, version: '1', eventId: 'risk', email, opensAt: '2026-03-20T23:59:00.000Z' },
    }),
    'Log in so that we can book: WOD',
    'Bookings open on Saturday 21 March at 00:59.',
  ],
  [
    'routine blocked',
    ({ member: { email } }) => ({
      type: 'Routine Blocked',
      detail: {
        ...CLASS,
        version: '1',
        eventId: 'blocked',
        email,
        routineId: 'r',
        code: 'class-moved',
        suggestions: [],
      },
    }),
    'Your routine cannot book: WOD',
    'the box has moved the class to another hour',
  ],
  [
    'promoted',
    ({ member: { email } }) => ({
      type: 'Booking Promoted',
      detail: { ...ORDERED, version: '1', eventId: 'promoted', email, bookingId: '7' },
    }),
    'You have a seat now: WOD',
    'you were on the waitlist, and one became free',
  ],
];

test.each(CHANNELS)(
  '%s tells each event once, with its class, its reason and what to do; and a test',
  async (channel) => {
    const world = await worldOf(channel);
    for (const [, create] of MESSAGES) {
      const event = create(world);
      expect(await world.member.notify(event)).toEqual(['sent']);
      expect(await world.member.notify(event)).toEqual([]);
    }
    expect(await world.member.test()).toEqual({ sent: [channel], failed: [] });
    await pass(world, HOUR, 10 * MINUTE);

    const told = world.told();
    expect(told.map(({ title }) => title.split(',')[0])).toEqual([
      ...MESSAGES.map(([, , title]) => title),
      'This is a test',
    ]);
    for (const [index, [name, , , text]] of MESSAGES.entries()) expect(told[index]?.text, name).toContain(text);
  },
);

test('ntfy shows an outcome that nobody knows with another symbol than a failure', async () => {
  const world = await worldOf('ntfy');
  for (const outcome of ['class-full', 'unknown'] as const) await world.member.notify(world.member.event(outcome));

  expect(world.receiver.received.map(({ body }) => JSON.parse(body).tags)).toEqual([['x'], ['question']]);
});

test.each(CHANNELS)('%s does not tell what the answer to the member’s own request has told', async (channel) => {
  const world = await worldOf(channel);
  const { type, detail } = world.member.event();
  if (type !== 'PreBooking Booked') throw new Error(type);

  expect(await world.member.notify({ type, detail: { ...detail, isAnswered: true } })).toEqual([]);
  await pass(world, 2 * MINUTE);

  expect(world.told()).toEqual([]);
  expect(await world.states()).toEqual([]);
});

/** What becomes of a channel whose receiver answers so. */
type End = 'waits' | 'ends';

const WAITS = { webhook: 'waits', email: 'waits', ntfy: 'waits', push: 'waits', telegram: 'waits' } as const;

const ANSWERS: readonly [string, (response: ServerResponse) => void, Readonly<Record<Channel, End>>][] = [
  ['404', status(404), { ...WAITS, push: 'ends', telegram: 'ends' }],
  ['410', status(410), { ...WAITS, webhook: 'ends', ntfy: 'ends', push: 'ends' }],
  ['429', status(429), WAITS],
  ['500', status(500), WAITS],
  ['503', status(503), WAITS],
];

const EVERY_ANSWER = ANSWERS.flatMap(([name, answer, ends]) =>
  CHANNELS.map((channel) => [channel, name, ends[channel], answer] as const),
);

test.each(EVERY_ANSWER)('%s, whose receiver answers %s, %s', async (channel, code, end, answer) => {
  const world = await worldOf(channel);
  world.receiver.answers(answer);

  expect(await world.member.notify(world.member.event())).toEqual(['failed']);

  if (channel !== 'email' && !(channel === 'push' && end === 'ends'))
    expect(await world.fault()).toBe(channel === 'telegram' && end === 'ends' ? 'bot-not-found' : `status-${code}`);
  expect(await world.hasEnded()).toBe(end === 'ends');
  world.accept();
  await pass(world, 3 * MINUTE);
  // Nothing is lost while the receiver may be mended, and nothing is doubled.
  expect([await world.states(), world.told().length]).toEqual(end === 'ends' ? [['dropped'], 1] : [['sent'], 2]);
  await pass(world, DAY, HOUR);
  expect(world.told()).toHaveLength(end === 'ends' ? 1 : 2);
});

const ASKED: readonly Channel[] = ['webhook', 'ntfy', 'push', 'telegram'];

test.each(ASKED)('%s that asks for a pause (429 with Retry-After) gets it, then the message once', async (channel) => {
  const world = await worldOf(channel);
  world.receiver.answers(status(429, { 'retry-after': '600' }));
  expect(await world.member.notify(world.member.event())).toEqual(['failed']);
  world.accept();

  await pass(world, 9 * MINUTE);
  expect(world.told()).toHaveLength(1);
  await pass(world, 5 * MINUTE);

  expect([await world.states(), world.told().length, await world.fault()]).toEqual([['sent'], 2, null]);
});

/** Sends a message to a receiver that keeps its answer back. @returns the result, once there is one, and the answer. */
async function sendHeld(world: ChannelWorld) {
  const { promise: asked, resolve } = Promise.withResolvers<ServerResponse>();
  world.receiver.answers(resolve);
  const result = world.member.notify(world.member.event());
  return { result, response: await asked };
}

test.each(CHANNELS)('%s, whose receiver answers just before the time limit, is told once', async (channel) => {
  const world = await worldOf(channel);
  const { result, response } = await sendHeld(world);

  world.deadlines.pass(15 * SECOND - 1);
  world.acceptOne(response);
  expect(await result).toEqual(['sent']);
  world.deadlines.pass(MINUTE);
  world.accept();
  await pass(world, HOUR, 10 * MINUTE);

  expect([await world.states(), world.told().length, await world.fault()]).toEqual([['sent'], 1, null]);
});

test.each(CHANNELS)('%s, whose receiver hangs, fails at the time limit and is told later', async (channel) => {
  const world = await worldOf(channel);
  const { result } = await sendHeld(world);

  world.deadlines.pass(15 * SECOND);
  expect(await result).toEqual(['failed']);
  if (channel !== 'email') expect(await world.fault()).toBe('timeout');
  world.accept();
  await pass(world, HOUR, 10 * MINUTE);

  expect([await world.states(), world.told().length]).toEqual([['sent'], 2]);
});

test.each(CHANNELS)('%s follows no redirect: it is a failure, and the message waits', async (channel) => {
  const [world, elsewhere] = [await worldOf(channel), await startReceiver()];
  running.push(elsewhere);
  for (const code of [301, 307]) {
    world.receiver.answers(status(code, { location: elsewhere.url }));
    expect(await world.member.notify(world.member.event())).toEqual(['failed']);
    if (channel !== 'email') expect(await world.fault()).toBe(`status-${code}`);
  }
  world.accept();
  await pass(world, HOUR, 10 * MINUTE);

  expect([await world.states(), elsewhere.connections()]).toEqual([['sent', 'sent'], 0]);
});

// Mail goes to SES alone, whose address no member can set.
test.each(ASKED)('%s never connects to a private address; the message waits', async (channel) => {
  const world = await worldOf(channel);
  world.setPublic(false);

  expect(await world.member.notify(world.member.event())).toEqual(['failed']);
  expect([await world.fault(), world.receiver.connections()]).toEqual(['address-not-public', 0]);
  expect(await world.member.test()).toEqual({ sent: [], failed: [{ channel, reason: 'address-not-public' }] });
  world.setPublic(true);
  await pass(world, HOUR, 10 * MINUTE);

  expect([await world.states(), world.told().length]).toEqual([['sent'], 1]);
});
