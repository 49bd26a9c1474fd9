import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type AimHarder, type AimHarderSession, UpstreamFailure } from '../../../lib/aimharder/client.ts';
import { dualLogin } from '../../../lib/login/dual-login.ts';
import { KeptPasswords } from '../../../lib/login/kept-passwords.ts';
import { reloginWithKeptPassword } from '../../../lib/login/relogin.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { AppError } from '../../../lib/platform/errors.ts';
import { reloginOrNotify } from '../../../lib/refresh/recover-session.ts';
import { refreshDueSessions } from '../../../lib/refresh/refresh-due-sessions.ts';
import { WheelCursor } from '../../../lib/refresh/wheel-cursor.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import { isReserved, REFRESH_LOCK_TTL, type Session } from '../../../lib/sessions/session.ts';
import { answering, quiet } from '../aimharder/upstream.ts';
import { type Act, DEVICES, SALTS, type Story, type Upstream, type Which } from './actions.ts';
import { AimHarderModel } from './aimharder-model.ts';
import { CallInvariants } from './call-invariants.ts';
import { Interleaving } from './interleaving.ts';
import { Invariants } from './invariants.ts';
import { memberUpstream, SALT, sessionStores, steppedClock, storeKeys } from './session-world.ts';
import { interceptedBy } from './sessions-model.ts';
import { readSnapshot } from './snapshot.ts';
import { Violations } from './violations.ts';

/*
 * What a member's clients, the wheel, the firing function and the sweep do side by side: their requests reach the database,
 * and AimHarder's answers reach them, in any order. Some requests are sent twice, as the SDK does when an answer is lost. After
 * every write the invariants (invariants.ts) must hold.
 */

/** A caller that waits for another looks so often before the other's refresh lock expires. */
const LOOKS = 20;

const never = new AbortController().signal;
const email = 'member@example.com';

/** A later login of the same device may be stored first. */
function unlessLater(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'session-changed')) throw error;
}

/**
 * Plays a story.
 *
 * @param engine an empty database, because the clean-up deletes everything that is over.
 * @throws if an invariant is broken.
 */
export async function playStory(engine: Documents, { acts, choices, twice }: Story): Promise<void> {
  const interleaving = new Interleaving(choices);
  let looks = 0;
  const clock = {
    ...steppedClock(),
    /** Waits for another caller; in the end, until the lock of a caller that has died expires. */
    async until() {
      await interleaving.gate();
      looks += 1;
      if (looks % LOOKS === 0) passTime(REFRESH_LOCK_TTL + 1);
    },
  };
  const passTime = (millis: number) => {
    clock.advance(millis);
    aimHarder.expiries += 1;
  };
  const backgrounds = SALTS.map((salt) => generateBackgroundFingerprint(email, salt));
  const aimHarder = new AimHarderModel(backgrounds);
  const violations = new Violations();
  const invariants = new Invariants({
    ...{ clock, backgrounds, aimHarder, violations },
    readSnapshot: () => readSnapshot(engine, email),
  });
  const stored = (fingerprint: string) => invariants.stored(fingerprint);
  const calls = new CallInvariants({ clock, aimHarder, violations, stored });
  let requests = 0;
  const documents = interceptedBy(engine, async (command, pass) => {
    requests += 1;
    const isWrite =
      command instanceof UpdateCommand || command instanceof PutCommand || command instanceof DeleteCommand;
    // As the SDK does if the first answer is lost: the second answer counts.
    const lost = isWrite && twice[requests % twice.length];
    const once = async () => {
      try {
        return await pass();
      } finally {
        if (isWrite) await invariants.checkWrite(command);
      }
    };
    if (lost) await interleaving.pass(once).catch(() => undefined);
    return interleaving.pass(once);
  });

  const { sessions, tokens, state, logins, relogins } = sessionStores(documents, clock);
  const kept = new KeptPasswords({
    documents,
    table: 'credentials',
    clock,
    secrets: async () => ({ fingerprintSalt: SALT, keys: storeKeys }),
  });
  const cursor = new WheelCursor({ documents, table: 'sessions' });
  const fingerprintOf = (one: Which) => (one === 'background' ? generateBackgroundFingerprint(email, SALT) : one);

  /** @param by the caller: the wheel asks once a minute for each session. */
  function upstreamOf(answer: Upstream, relogin: Upstream, by: string): AimHarder {
    const since = aimHarder.expiries;
    const timeout = () => new UpstreamFailure('upstream-timeout', 'late', { mayHaveBeenSent: true });
    return answering({
      async updateToken(session) {
        const end = calls.beginRefresh(session, by, since);
        await interleaving.gate();
        end();
        if (answer === 'dies') return interleaving.die();
        if (answer === 'timeout') throw timeout();
        if (answer === 'logout') {
          aimHarder.refuse(session);
          return { kind: 'logged-out' };
        }
        if (answer === 'whoami') return { kind: 'unrenewed' };
        return { kind: 'updated', session: aimHarder.renew(session, since) };
      },
      whoAmI: async (session) => ({ kind: 'member', session, boxes: [] }),
      async login({ fingerprint, password }) {
        calls.relogin();
        const right = password === aimHarder.password;
        await interleaving.gate();
        if (relogin === 'timeout') throw timeout();
        return right
          ? { kind: 'logged-in', session: aimHarder.logIn(fingerprint, { isRelogin: true }), boxes: [] }
          : { kind: 'wrong-credentials' };
      },
    });
  }

  function depsWith(upstreamAimHarder: AimHarder) {
    const deps = { sessions, tokens, state, clock, logger: quiet, aimHarder: upstreamAimHarder };
    const relogin = reloginWithKeptPassword({ ...deps, relogins, keptPasswords: kept });
    return memberUpstream({ ...deps, recover: reloginOrNotify({ ...deps, relogin, publish: async () => undefined }) });
  }

  const login = (device: string, salt: string) => {
    const made: AimHarderSession[] = [];
    return dualLogin(
      {
        aimHarder: answering({
          async login({ fingerprint }) {
            await interleaving.gate();
            const session = aimHarder.logIn(fingerprint, { isRelogin: false });
            made.push(session);
            return { kind: 'logged-in', session, boxes: [] };
          },
          setRefresh: async (session: AimHarderSession) => session,
        }),
        sessions,
        state,
        logins,
        throttle: { count: async () => ({ uncount: async () => undefined }) },
        boxes: { saveBoxes: async () => undefined },
        secrets: async () => ({ fingerprintSalt: salt }),
        clock,
        logger: quiet,
      },
      {
        email,
        password: aimHarder.password,
        fingerprint: device,
        deviceName: null,
        sourceAddress: '',
        provenMember: false,
      },
      never,
    ).finally(() => aimHarder.finishLogin(made));
  };

  async function wheel(key: { email: string; fingerprint: string }, minute: number, upstreamAimHarder: AimHarder) {
    await refreshDueSessions(
      {
        ...depsWith(upstreamAimHarder),
        cursor,
        wheel: { slots: 1, shards: 1 },
        concurrency: 1,
        async *keysIn(partition) {
          if (partition === 0) yield key;
        },
      },
      minute,
      Number.POSITIVE_INFINITY,
      never,
    );
    if (violations.first) throw violations.first;
  }

  let read: Session | undefined;
  async function perform(one: Act, number: number): Promise<void> {
    switch (one.act) {
      case 'login':
        await login(one.device, one.salt).catch(unlessLater);
        read = await sessions.getBackgroundSession(email);
        return;
      case 'logout':
        await sessions.deleteSession(email, { sessionType: 'device', ...(one.device && { fingerprint: one.device }) });
        return;
      case 'refresh': {
        const session = await sessions.find({ email, fingerprint: fingerprintOf(one.which) });
        if (session?.state !== 'active') return;
        await depsWith(upstreamOf(one.upstream, one.relogin, `refresh ${number}`)).refresher.refresh(session, never);
        return;
      }
      case 'wheel': {
        const minute = 1_000_000 + number;
        const asking = upstreamOf(one.upstream, one.relogin, `minute ${minute}`);
        const key = { email, fingerprint: fingerprintOf(one.which) };
        await Promise.all((one.again ? [1, 2] : [1]).map(() => wheel(key, minute, asking)));
        return;
      }
      case 'use': {
        const session = await sessions.find({ email, fingerprint: fingerprintOf(one.which) });
        if (session?.state !== 'active') return;
        const opened = await tokens.decrypt(session);
        await interleaving.gate();
        if (aimHarder.accepts(opened)) return;
        await depsWith(upstreamOf('updated', 'updated', `use ${number}`)).refresher.awaitRenewal(session, never);
        return;
      }
      case 'reserve':
        if (read && read.sessionType === 'background') await state.reserve(read, clock.now() + one.forMs);
        return;
      case 'end-background':
        return invariants.endBackground(one.confirmed, async () => {
          const fingerprint = fingerprintOf('background');
          await sessions.deleteSession(email, { fingerprint, confirmProtectedDeletion: one.confirmed });
        });
      case 'clean-up':
        await sessions.cleanupExpiredSessions();
        return;
      case 'keep':
        return kept.keep(email, aimHarder.password);
      case 'forget':
        return kept.forget(email);
      case 'change-password':
        aimHarder.password += '+';
        return kept.keep(email, aimHarder.password);
      case 'time':
        passTime(one.passes);
    }
  }

  const actors = acts.map((one, number) => () => perform(one, number));
  await interleaving.run([() => perform({ act: 'keep' }, 0)], () => clock.advance(1));
  await interleaving.run([() => perform({ act: 'login', device: DEVICES[0], salt: SALT }, 0)], () => clock.advance(1));
  await interleaving.run(actors, () => clock.advance(1));
  await interleaving.run([() => atRest()], () => clock.advance(1));

  /** Checks what must be true once all actors have finished. */
  async function atRest(): Promise<void> {
    clock.advance(REFRESH_LOCK_TTL + 1);
    invariants.checkAtMostOneBackground(await sessions.getAllUserSessions(email));
    for (const session of await sessions.getAllUserSessions(email)) {
      if (session.state !== 'active' || isReserved(session, clock.now())) continue;
      const outcome = await depsWith(upstreamOf('updated', 'updated', 'rest')).refresher.tryRefresh(session, never);
      if (outcome?.kind !== 'refreshed') throw new Error(`a live session is stuck: ${outcome?.kind ?? 'not free'}`);
    }
    const { backgroundSession, warnings } = await login('phone-12345', SALT);
    if (warnings.length > 0) return;
    const latest = backgroundSession && (await tokens.decrypt(backgroundSession)).token;
    if (latest !== aimHarder.latestBackgroundToken) throw new Error('a login’s background session was not stored');
    invariants.checkAtMostOneBackground(await sessions.getAllUserSessions(email));
  }
}
