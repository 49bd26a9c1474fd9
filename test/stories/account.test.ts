import { createHash } from 'node:crypto';
import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MINUTE } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { TABLES_OF_MEMBERS, tablesWith } from '../support/accounts/account.ts';
import { startBrowser } from '../support/notifications/push-browser.ts';
import { type ApiClient, expectProblem, type Json, untilAnswered } from '../support/stories/api-client.ts';
import { type Member, startWorld, type World } from '../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const phoneOf = async (member: Member): Promise<ApiClient> =>
  world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));

/** Gives a member one of everything that the service keeps. */
async function everythingOf(member: Member) {
  const login = { ...member, fingerprint: 'phone-12345', keepCredentials: true };
  const { body } = await untilAnswered(() => world.api.post('/v1/login', login));
  const phone = world.api.as(String(body['accessToken']));
  await world.login({ ...member, fingerprint: 'tablet-12345' });
  const hourAhead = await world.addClass({ opensInMs: 60 * MINUTE });
  const ordered = await phone.post('/v1/prebookings', hourAhead);
  const withdrawn = await phone.post('/v1/prebookings', await world.addClass({ opensInMs: 90 * MINUTE }));
  await phone.delete(`/v1/prebookings/${idOf(withdrawn.body)}`);
  // AimHarder is asked, and teaches the member's own rule.
  await phone.post('/v1/prebookings', (await world.classNotYetOpen()).wanted);
  const { opensAt: _, ...open } = await world.addClass({ opensInMs: -MINUTE, name: 'OPEN' });
  expect((await phone.post('/v1/bookings', open)).status).toBe(201);
  await phone.post('/v1/routines', { box: hourAhead.box, weekday: 2, startsAt: '07:00', className: 'YOGA' });
  await phone.put('/v1/pauses', { pauses: [{ from: hourAhead.day, until: hourAhead.day }] });
  await phone.post('/v1/calendar');
  await phone.put('/v1/notifications', { email: true, language: 'en' });
  const browser = { endpoint: `https://push.invalid/${idOf(ordered.body)}`, keys: startBrowser().texts };
  expect((await phone.post('/v1/notifications/push', browser)).status).toBe(201);
  await tell(member);
  return { phone, prebookingId: idOf(ordered.body) };
}

const idOf = (body: Json): string => String(Object(body['prebooking']).id);

/** Lets the service tell a member of something, by mail. */
const tell = ({ email }: Member) =>
  world.stack.invoke('notify', {
    source: 'on-the-dot',
    'detail-type': 'Session LoginRequired',
    time: toIso(world.clock.now()),
    detail: { version: '1', eventId: `story-${email}`, email, since: toIso(world.clock.now()) },
  });

/** Finds every table that has an item of a member. */
const tracesOf = (email: string): Promise<readonly string[]> => tablesWith(world.documents, email);

const schedulesOf = (id: string) => world.stack.schedules(id);

const EVERY_TABLE = TABLES_OF_MEMBERS;

describe('the export', () => {
  test('has everything that is kept of the member, and no secret', async () => {
    const member = world.member();
    const { phone, prebookingId } = await everythingOf(member);

    const { status, body, text } = await phone.get('/v1/account');

    expect(status).toBe(200);
    expect(body['account']).toMatchObject({
      email: member.email,
      keepsCredentials: true,
      boxes: expect.arrayContaining([expect.objectContaining({ box: world.simulator.demo.box })]),
      calendar: { createdAt: expect.any(String) },
      notifications: { email: true, language: 'en', webhook: null },
      routines: [{ className: 'YOGA' }],
      pauses: [{ routineId: null }],
      bookings: [{ status: 'booked', className: 'OPEN' }],
      openingRules: [{ box: world.simulator.demo.box, familyId: null, opening: expect.any(Object) }],
      messages: expect.arrayContaining([
        expect.objectContaining({ channel: 'email', state: 'sent', subject: expect.any(String) }),
      ]),
    });
    const { sessions, prebookings } = Object(body['account']);
    expect(sessions).toHaveLength(3);
    expect(prebookings).toHaveLength(3);
    expect(prebookings).toContainEqual(expect.objectContaining({ id: prebookingId, status: 'pending' }));
    for (const secret of [member.password, 'encrypted', 'cookies', 'accessTokenHash', 'secretHash', 'tokenVersion'])
      expect(text).not.toContain(secret);
  });

  test('of a new member is nearly empty', async () => {
    const phone = await phoneOf(world.member());

    expect((await phone.get('/v1/account')).body['account']).toMatchObject({
      keepsCredentials: false,
      prebookings: [],
      bookings: [],
      routines: [],
      openingRules: [],
      calendar: null,
      notifications: null,
      messages: [],
    });
  });
});

describe('the deletion', () => {
  test('leaves no item and no schedule of the member, and all of another one’s', async () => {
    const [ada, bob] = [world.member(), world.member()];
    const [adas, bobs] = [await everythingOf(ada), await everythingOf(bob)];
    expect(await tracesOf(ada.email)).toEqual(EVERY_TABLE);
    expect(schedulesOf(adas.prebookingId)).toHaveLength(1);
    const before = (await bobs.phone.get('/v1/account')).body;

    expect((await adas.phone.delete('/v1/account')).status).toBe(204);

    expect(await tracesOf(ada.email)).toEqual([]);
    expect(schedulesOf(adas.prebookingId)).toEqual([]);
    expectProblem(await adas.phone.get('/v1/sessions'), 401, 'unauthenticated');
    expect(await tracesOf(bob.email)).toEqual(EVERY_TABLE);
    expect(schedulesOf(bobs.prebookingId)).toHaveLength(1);
    expect((await bobs.phone.get('/v1/account')).body).toEqual(before);
  });

  test('leaves the booking at AimHarder, and the member may come back', async () => {
    const member = world.member();
    const { phone } = await everythingOf(member);
    await phone.delete('/v1/account');

    const again = await phoneOf(member);

    expect((await again.get('/v1/account')).body['account']).toMatchObject({ bookings: [], prebookings: [] });
    // The second look belongs to the account that is gone.
    await world.skipTo(toIso(world.clock.now() + 7 * MINUTE), 0);
    await world.stack.invoke('sweep', { scheduledTime: toIso(world.clock.now()) });
    await world.skipTo(toIso(world.clock.now()), 0);
    expect((await again.get('/v1/sessions')).status).toBe(200);
  });

  test('needs a login within 10 minutes', async () => {
    const member = world.member();
    const phone = await phoneOf(member);
    await makeOlder(member, 11 * MINUTE);

    expectProblem(await phone.delete('/v1/account'), 409, 'login-required');

    expect((await phone.get('/v1/sessions')).status).toBe(200);
  });

  test('waits for a pre-booking that is being fired, and says how long', async () => {
    const member = world.member();
    const { phone, prebookingId: id } = await everythingOf(member);
    await setStatus(member, id, 'firing');

    const refused = await phone.delete('/v1/account');

    expectProblem(refused, 409, 'prebooking-firing');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await tracesOf(member.email)).toEqual(EVERY_TABLE);
  });
});

/** Makes a member's login older than it is. */
const makeOlder = ({ email }: Member, ms: number) =>
  world.documents.send(
    new UpdateCommand({
      TableName: 'sessions',
      Key: { email, fingerprint: 'phone-12345' },
      UpdateExpression: 'SET createdAt = :created',
      ExpressionAttributeValues: { ':created': toIso(world.clock.now() - ms) },
    }),
  );

const setStatus = ({ email }: Member, id: string, status: string) =>
  world.documents.send(
    new UpdateCommand({
      TableName: 'prebookings',
      Key: { email, id },
      UpdateExpression: 'SET #status = :status, attempt = :lease, attemptUntil = :until, shots = :none',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: {
        ':status': status,
        ':lease': 'lease',
        ':until': toIso(world.clock.now() + MINUTE),
        ':none': 0,
      },
    }),
  );

/* What began before the deletion. */

describe('what was under way when the account was deleted', () => {
  test('a wake-up that comes all the same finds nothing, and asks AimHarder for nothing', async () => {
    const member = world.member();
    const { phone, prebookingId: id } = await everythingOf(member);
    await phone.delete('/v1/account');

    await world.stack.invoke('prepare-prebooking', { email: member.email, id, order: 1 });

    await world.logged('wake-up-skipped', { prebooking: id });
    expect(await tracesOf(member.email)).toEqual([]);
  });

  test('a schedule and queued messages name nobody, and the messages start nothing', async () => {
    const member = world.member();
    const { phone, prebookingId: id } = await everythingOf(member);
    const queued = () => world.stack.queued().filter((text) => text.includes(id));
    const [input = ''] = queued();
    await world.stack.invoke('prepare-prebooking', JSON.parse(input));
    await world.logged('prebooking-prepared', { prebooking: id });

    expect((await phone.delete('/v1/account')).status).toBe(204);

    const messages = queued();
    expect(messages.map((body) => JSON.parse(body).kind).toSorted()).toEqual(['fire', 'guard']);
    expect([input, ...world.stack.queued()].filter((text) => text.includes(member.email))).toEqual([]);
    const Records = messages.map((body, index) => ({ messageId: String(index), body }));
    expect(await world.stack.invoke('dispatch-firings', { Records })).toMatchObject({
      payload: { batchItemFailures: [] },
    });
    await world.logged('wake-up-skipped', { prebooking: id, reason: 'not-found' });
    expect(await tracesOf(member.email)).toEqual([]);
  });

  test('an event of the member’s is told to nobody', async () => {
    const member = world.member();
    const { phone } = await everythingOf(member);
    await phone.delete('/v1/account');
    const told = world.stack.inbox.mails.length;

    await tell(member);

    expect(world.stack.inbox.mails).toHaveLength(told);
    expect(await tracesOf(member.email)).toEqual([]);
  });

  test('what was written all the same is gone after the second look, and so is the tombstone', async () => {
    const member = world.member();
    const phone = await phoneOf(member);
    await phone.delete('/v1/account');
    await world.documents.send(
      new PutCommand({ TableName: 'bookings', Item: { email: member.email, booking: 'crossfit-demo#1' } }),
    );
    expect(await tracesOf(member.email)).toEqual(['bookings']);

    await world.skipTo(toIso(world.clock.now() + 7 * MINUTE), 0);
    await world.stack.invoke('sweep', { scheduledTime: toIso(world.clock.now()) });
    // The sweep does not wait for what it starts.
    await world.skipTo(toIso(world.clock.now()), 0);

    expect(await tracesOf(member.email)).toEqual([]);
  });
});

test('an order that arrives while the account is being deleted is refused', async () => {
  const member = world.member();
  const phone = await phoneOf(member);
  const wanted = await world.addClass({ opensInMs: 60 * MINUTE });
  const tombstone = {
    member: createHash('sha256').update(member.email).digest('hex'),
    state: 'deleting',
    dueAt: toIso(world.clock.now() + MINUTE),
  };
  await world.documents.send(new PutCommand({ TableName: 'tombstones', Item: tombstone }));

  expectProblem(await untilAnswered(() => phone.post('/v1/prebookings', wanted)), 409, 'session-changed');
});
