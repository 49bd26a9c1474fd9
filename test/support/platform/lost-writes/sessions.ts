import { buildItem } from '../../../../infra/commands/migrate/import-item.ts';
import { putIfFree } from '../../../../infra/commands/migrate/import-table.ts';
import { DAY, MINUTE } from '../../../../lib/platform/clock.ts';
import type { Documents } from '../../../../lib/platform/dynamodb.ts';
import { WheelCursor } from '../../../../lib/refresh/wheel-cursor.ts';
import { generateBackgroundFingerprint } from '../../../../lib/sessions/fingerprint.ts';
import type { BackgroundSession } from '../../../../lib/sessions/session.ts';
import {
  background,
  defined,
  device,
  SALT,
  START,
  sessionStores,
  steppedClock,
  storeKeys,
} from '../../sessions/session-world.ts';
import { EMAIL, type LostWrite } from './lost-write.ts';

const table = 'sessions';
const cookies = [{ name: 'amhrdrauth', value: 'next' }];

async function withBackground(documents: Documents) {
  const clock = steppedClock();
  const stores = sessionStores(documents, clock);
  const session = (await stores.logins.storeSession(background(EMAIL))) as BackgroundSession;
  return { ...stores, clock, session };
}

async function withDevice(documents: Documents) {
  const clock = steppedClock();
  const stores = sessionStores(documents, clock);
  return { ...stores, clock, session: await stores.logins.storeSession(device(EMAIL, 'phone-12345')) };
}

const WHOLE = [{ first: 0, last: 15 }];

/** Creates a cursor whose last claimed minute, the whole slot as one part, is still open. */
async function cursorAt(documents: Documents, minute: number) {
  const cursor = new WheelCursor({ documents, table });
  const [claim] = (await cursor.claim(minute, WHOLE, START)) ?? [];
  const [abandoned] = (await cursor.read()).open;
  if (!claim || !abandoned) throw new Error('the minute was not claimed');
  return { cursor, claim, abandoned };
}

const STATE: readonly Omit<LostWrite, 'table'>[] = [
  {
    writes: 'lib/sessions/session-state.ts acquireRefreshLock',
    prepare: async (documents) => {
      const { state, session } = await withBackground(documents);
      return () => state.acquireRefreshLock(session, START + MINUTE);
    },
  },
  {
    writes: 'lib/sessions/session-state.ts loadAndLock',
    prepare: async (documents) => {
      const { state, session } = await withBackground(documents);
      return () => state.loadAndLock(session, START + MINUTE);
    },
  },
  {
    writes: 'lib/sessions/session-state.ts releaseAfterFailure',
    prepare: async (documents) => {
      const { state, session } = await withBackground(documents);
      const locked = defined(await state.acquireRefreshLock(session, START + MINUTE));
      return () => state.releaseAfterFailure(locked, 'upstream-timeout');
    },
  },
  {
    writes: 'lib/sessions/session-state.ts markLoginRequired',
    prepare: async (documents) => {
      const { state, session } = await withBackground(documents);
      return () => state.markLoginRequired(session);
    },
  },
  {
    writes: 'lib/sessions/session-state.ts markNotified',
    prepare: async (documents) => {
      const { state, session, sessions } = await withBackground(documents);
      await state.markLoginRequired(session);
      const dead = defined(await sessions.getBackgroundSession(EMAIL));
      return () => state.markNotified(dead, true);
    },
  },
  {
    writes: 'lib/sessions/session-state.ts markEnded',
    prepare: async (documents) => {
      const { state, session } = await withDevice(documents);
      return () => state.markEnded(session);
    },
  },
  {
    writes: 'lib/sessions/session-state.ts markReplaced',
    prepare: async (documents) => {
      const { state, session } = await withDevice(documents);
      return () => state.markReplaced(session);
    },
  },
  {
    writes: 'lib/sessions/session-state.ts reserve',
    prepare: async (documents) => {
      const { state, session } = await withBackground(documents);
      return () => state.reserve(session, START + MINUTE);
    },
  },
];

const TOKENS_AND_LOGINS: readonly Omit<LostWrite, 'table'>[] = [
  {
    writes: 'lib/sessions/session-tokens.ts #replace',
    prepare: async (documents) => {
      const { tokens, session } = await withBackground(documents);
      return () => tokens.replaceTokens(session, { token: 'second', cookies });
    },
  },
  {
    writes: 'lib/sessions/login-writes.ts scheduleRelogin',
    prepare: async (documents) => {
      const { logins } = sessionStores(documents, steppedClock());
      return () => logins.scheduleRelogin(background(EMAIL), []);
    },
  },
  {
    writes: 'lib/sessions/login-writes.ts #storeDevice',
    prepare: async (documents) => {
      const { logins } = sessionStores(documents, steppedClock());
      return () => logins.storeSession(device(EMAIL, 'phone-12345'));
    },
  },
  {
    writes: 'lib/sessions/login-writes.ts #storeNewestBackground',
    prepare: async (documents) => {
      const { logins } = sessionStores(documents, steppedClock());
      return () => logins.storeSession(background(EMAIL));
    },
  },
  {
    writes: 'lib/sessions/relogin-writes.ts replaceDead',
    prepare: async (documents) => {
      const { state, sessions, relogins, session } = await withBackground(documents);
      await state.markLoginRequired(session);
      const dead = defined(await sessions.getBackgroundSession(EMAIL));
      return () => relogins.replaceDead(dead, background(EMAIL, 'healed'));
    },
  },
  {
    writes: 'lib/sessions/session-store.ts #delete',
    when: 'the session need not be confirmed',
    prepare: async (documents) => {
      const { sessions } = await withDevice(documents);
      return () => sessions.deleteSession(EMAIL, { fingerprint: 'phone-12345' });
    },
  },
  {
    writes: 'lib/sessions/session-store.ts #delete',
    when: 'the session is confirmed',
    prepare: async (documents) => {
      const { sessions, session } = await withBackground(documents);
      const { fingerprint } = session;
      return () => sessions.deleteSession(EMAIL, { fingerprint, confirmProtectedDeletion: true });
    },
  },
  {
    writes: 'lib/sessions/expired-sessions.ts deleteIfOver',
    prepare: async (documents) => {
      const { sessions, clock } = await withDevice(documents);
      clock.advance(8 * DAY);
      return () => sessions.cleanupExpiredSessions();
    },
  },
  {
    writes: 'infra/commands/migrate/import-table.ts putIfFree',
    prepare: async (documents) => {
      const row = {
        email: EMAIL,
        sessionType: 'background',
        hasType: true,
        token: 't',
        cookies,
        tokenUpdateCount: 3,
      } as const;
      const times = { createdAt: START, updatedAt: START, lastTokenUpdateAt: null };
      const secrets = { fingerprintSalt: SALT, keys: storeKeys };
      const fingerprint = generateBackgroundFingerprint(EMAIL, SALT);
      const deps = { secrets, refreshPartitions: 8 };
      const item = buildItem(deps, { ...row, ...times, fingerprint }, { kind: 'unproven' });
      return () => putIfFree({ documents, table }, item);
    },
  },
];

const CURSOR: readonly Omit<LostWrite, 'table'>[] = [
  {
    writes: 'lib/refresh/wheel-cursor.ts claim',
    prepare: async (documents) => {
      const { cursor } = await cursorAt(documents, 6);
      return async () => Boolean(await cursor.claim(7, WHOLE, START));
    },
  },
  {
    writes: 'lib/refresh/wheel-cursor.ts begin',
    prepare: async (documents) => {
      const { cursor, claim } = await cursorAt(documents, 7);
      return () => cursor.begin(claim, START);
    },
  },
  {
    writes: 'lib/refresh/wheel-cursor.ts takeOver',
    prepare: async (documents) => {
      const { cursor, abandoned } = await cursorAt(documents, 7);
      return async () => Boolean(await cursor.takeOver(abandoned, START));
    },
  },
  {
    writes: 'lib/refresh/wheel-cursor.ts finish',
    prepare: async (documents) => {
      const { cursor, claim } = await cursorAt(documents, 7);
      return () =>
        cursor.finish(claim, { partitions: [7, 15], resumeAt: { partition: 7 }, work: new Map([[15, 900]]) });
    },
  },
  {
    writes: 'lib/refresh/wheel-cursor.ts forget',
    prepare: async (documents) => {
      const { cursor, claim } = await cursorAt(documents, 7);
      return () => cursor.forget([claim]);
    },
  },
  {
    writes: 'lib/refresh/wheel-cursor.ts setBack',
    prepare: async (documents) => {
      const { cursor } = await cursorAt(documents, 7);
      const seen = await cursor.read();
      return () => cursor.setBack(seen, 3);
    },
  },
];

export const SESSION_WRITES: readonly LostWrite[] = [...STATE, ...TOKENS_AND_LOGINS, ...CURSOR].map((write) => ({
  ...write,
  table,
}));
