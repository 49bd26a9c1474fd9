import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../lib/platform/clock.ts';
import { WheelCursor } from '../../lib/refresh/wheel-cursor.ts';
import type { BackgroundSession } from '../../lib/sessions/session.ts';
import { forgetfulDocuments, startDynamo } from '../support/platform/dynamo.ts';
import { background, defined, device, newMember, START } from '../support/sessions/session-world.ts';

/*
 * A write reaches the database, and its answer is lost: the SDK sends it again, and its condition is no longer met. The write
 * must recognise itself, or its caller believes that another caller was first.
 */

let database: Awaited<ReturnType<typeof startDynamo>>;
let forgetful: ReturnType<typeof forgetfulDocuments>;
beforeAll(async () => {
  database = await startDynamo();
  forgetful = forgetfulDocuments(database.endpoint);
});
afterAll(() => database.stop());

const fresh = () => newMember(forgetful.documents);
const cookies = [{ name: 'amhrdrauth', value: 'next' }];

test('a new token is stored, and counted once', async () => {
  const { email, sessions, tokens, logins } = fresh();
  const seen = await logins.storeSession(background(email));
  forgetful.loseNext();

  expect(await tokens.replaceTokens(seen, { token: 'second', cookies })).toMatchObject({ tokenUpdateCount: 1 });

  const stored = defined(await sessions.getSession(email));
  expect(await tokens.decrypt(stored)).toMatchObject({ token: 'second', cookies });
  expect(stored.tokenUpdateCount).toBe(1);
});

test('a refresh lock that was acquired after the first write stays', async () => {
  const { email, sessions, tokens, state, logins } = fresh();
  const seen = await logins.storeSession(background(email));
  forgetful.loseNext(async () => {
    expect(await state.acquireRefreshLock(defined(await sessions.getSession(email)), START + MINUTE)).toBeDefined();
  });

  await tokens.replaceTokens(seen, { token: 'second', cookies });

  expect(await state.acquireRefreshLock(defined(await sessions.getSession(email)), START + MINUTE)).toBeUndefined();
});

test('the refresh lock is acquired by one caller alone', async () => {
  const { email, state, logins } = fresh();
  const seen = await logins.storeSession(background(email));
  forgetful.loseNext();

  expect(await state.acquireRefreshLock(seen, START + MINUTE)).toBeDefined();
  expect(await state.acquireRefreshLock(seen, START + MINUTE)).toBeUndefined();
});

test('a session that is loaded and locked in one request is locked by one caller alone', async () => {
  const { email, state, logins } = fresh();
  const seen = await logins.storeSession(background(email));
  forgetful.loseNext();

  expect(await state.loadAndLock(seen, START + MINUTE)).toMatchObject({ tokenVersion: seen.tokenVersion });
  expect(await state.loadAndLock(seen, START + MINUTE)).toBeUndefined();
});

test('a device session that AimHarder has ended is ended', async () => {
  const { email, state, logins } = fresh();
  const phone = await logins.storeSession(device(email, 'phone-12345'));
  forgetful.loseNext();

  expect(await state.markEnded(phone)).toBe(true);
});

test('a dead background session is marked dead, and replaced', async () => {
  const { email, state, logins, relogins } = fresh();
  const dead = (await logins.storeSession(background(email))) as BackgroundSession;
  forgetful.loseNext();
  expect(await state.markLoginRequired(dead)).toBe(true);
  forgetful.loseNext();

  expect(await relogins.replaceDead(dead, background(email, 'healed'))).toMatchObject({ state: 'active' });
});

test('a login’s background session is stored, and keeps the newer token of a refresh since', async () => {
  const { email, clock, sessions, tokens, logins } = fresh();
  await logins.storeSession(background(email, 'first'));
  clock.advance(HOUR);
  forgetful.loseNext(async () => {
    await tokens.replaceTokens(defined(await sessions.getSession(email)), { token: 'refreshed', cookies });
  });

  const stored = await logins.storeSession(background(email, 'second'));

  expect((await tokens.decrypt(stored)).token).toBe('refreshed');
});

test('a minute of the wheel is claimed by one run', async () => {
  const cursor = new WheelCursor({ documents: forgetful.documents, table: 'sessions' });
  forgetful.loseNext();

  expect(await cursor.claim(7, [{ first: 0, last: 15 }], START)).toHaveLength(1);
  expect(await cursor.claim(7, [{ first: 0, last: 15 }], START)).toBeUndefined();
});
