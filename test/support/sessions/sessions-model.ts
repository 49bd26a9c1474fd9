import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { expect } from 'vitest';
import { type AimHarder, type AimHarderSession, UpstreamFailure } from '../../../lib/aimharder/client.ts';
import { DAY } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import type { SessionRefresher } from '../../../lib/refresh/refresh-session.ts';
import { type BackgroundSession, DEVICE_LIFETIME } from '../../../lib/sessions/session.ts';
import { background, device, memberUpstream, sessionStores, steppedClock } from './session-world.ts';

/*
 * Logins, logouts, deletions and refreshes of one member, against the real engine. A refresh begins, other things happen, and
 * only then does AimHarder answer. After every step the stored sessions are compared with a model. A token is
 * "<fingerprint>#<n>", and n grows with every token that AimHarder issues: the token itself shows which session it belongs to,
 * and which of two tokens is newer.
 */

const DEVICES = ['phone-12345', 'tablet-12345'] as const;
type Upstream = 'updated' | 'logout' | 'timeout' | 'whoami';
type Step =
  | { readonly kind: 'login'; readonly device: string }
  | { readonly kind: 'logout'; readonly device: string | undefined }
  | { readonly kind: 'begin-refresh'; readonly device: string | undefined; readonly upstream: Upstream }
  /** The wheel refreshes a session by its key. */
  | { readonly kind: 'wheel'; readonly device: string | undefined; readonly upstream: Upstream }
  /** A firing reserves the background session that it has read, whatever has become of it since. */
  | { readonly kind: 'reserve' }
  | { readonly kind: 'answer'; readonly which: number }
  | { readonly kind: 'end-background'; readonly confirmed: boolean }
  /** A week passes and expired sessions are cleaned up; a login may come after they were looked for. */
  | { readonly kind: 'week'; readonly login: string | undefined };

const anyDevice = fc.constantFrom(...DEVICES);
const refreshOf = <Kind extends 'begin-refresh' | 'wheel'>(kind: Kind) =>
  fc.record({
    kind: fc.constant(kind),
    device: fc.option(anyDevice, { nil: undefined }),
    upstream: fc.constantFrom<Upstream>('updated', 'updated', 'logout', 'timeout', 'whoami'),
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('login' as const), device: anyDevice }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('logout' as const), device: fc.option(anyDevice, { nil: undefined }) }),
  },
  { weight: 6, arbitrary: refreshOf('begin-refresh') },
  { weight: 3, arbitrary: refreshOf('wheel') },
  { weight: 1, arbitrary: fc.constant({ kind: 'reserve' as const }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('answer' as const), which: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end-background' as const), confirmed: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('week' as const), login: fc.option(anyDevice, { nil: undefined }) }),
  },
);
/** A reservation outlasts one week and not two. */
const RESERVATION = 10 * DAY;
export const history = fc.array(step, { minLength: 3, maxLength: 25, size: 'max' });

let members = 0;

/** What a session should hold: the number of its token, which write that was, and whether AimHarder has ended it. */
type Expected = { readonly token: number; readonly write: number; readonly state: string; readonly born: number };
type Refresh = {
  readonly fingerprint: string;
  readonly seen: number;
  readonly token: number;
  readonly upstream: Upstream;
  answer(): void;
  readonly done: Promise<unknown>;
};

const never = new AbortController().signal;

/** Plays a history against the engine. @throws when what is stored is not what the model says. */
export async function play(engine: Documents, steps: readonly Step[]): Promise<void> {
  members += 1;
  const email = `model-${members}@example.com`;
  const clock = { ...steppedClock(), until: () => new Promise<void>((resolve) => setImmediate(resolve)) };
  let afterScan = async () => {};
  const documents = interceptedBy(engine, async (command, pass) => {
    const answer = await pass();
    if (command instanceof ScanCommand) await afterScan();
    return answer;
  });
  const { sessions, tokens, state, logins } = sessionStores(documents, clock);
  let read: BackgroundSession | undefined;
  let reservedUntil = 0;
  const backgroundFingerprint = background(email).fingerprint;
  const model = new Map<string, Expected>();
  const refreshes: Refresh[] = [];
  const waiting: Promise<unknown>[] = [];
  let numbers = 0;
  let writes = 0;
  const next = () => {
    numbers += 1;
    return numbers;
  };
  const expectWrite = (fingerprint: string, token: number, born: number) => {
    writes += 1;
    model.set(fingerprint, { token, write: writes, state: 'active', born });
  };

  async function login(name: string): Promise<void> {
    clock.advance(1);
    const [first, second] = [next(), next()];
    await logins.storeSession(background(email, `${backgroundFingerprint}#${first}`));
    await logins.storeSession(device(email, name, `${name}#${second}`));
    expectWrite(backgroundFingerprint, first, clock.now());
    expectWrite(name, second, clock.now());
    read = await sessions.getBackgroundSession(email);
  }

  /** Begins a refresh and waits until AimHarder is asked, or until it turns out that it will not be. */
  async function beginRefresh(fingerprint: string, upstream: Upstream): Promise<void> {
    const session = await sessions.find({ email, fingerprint });
    const seen = model.get(fingerprint);
    if (!session || !seen || seen.state !== 'active') return;
    if (refreshes.some((other) => other.fingerprint === fingerprint && other.seen === seen.write)) {
      const second = refresherAt(neverAsked).refresh(session, never);
      waiting.push(
        second.then(
          () => undefined,
          (error: unknown) => error,
        ),
      );
      return;
    }
    await begin(fingerprint, seen.write, upstream, (aimHarder) => refresherAt(aimHarder).refresh(session, never));
  }

  const refresherAt = (aimHarder: AimHarder): SessionRefresher =>
    memberUpstream({ aimHarder, sessions, tokens, state, clock }).refresher;

  /** As the wheel does it: AimHarder is not asked for a session that is dead, reserved or locked by another caller. */
  async function wheelRefresh(fingerprint: string, upstream: Upstream): Promise<void> {
    const seen = model.get(fingerprint);
    const locked = refreshes.some((other) => other.fingerprint === fingerprint && other.seen === seen?.write);
    const reserved = fingerprint === backgroundFingerprint && reservedUntil > clock.now();
    if (seen?.state === 'active' && !locked && !reserved) {
      await begin(fingerprint, seen.write, upstream, (aimHarder) =>
        refresherAt(aimHarder).tryRefresh({ email, fingerprint }, never),
      );
    } else expect(await refresherAt(neverAsked).tryRefresh({ email, fingerprint }, never)).toBeUndefined();
  }

  async function begin(
    fingerprint: string,
    seen: number,
    upstream: Upstream,
    refresh: (aimHarder: AimHarder) => Promise<unknown>,
  ): Promise<void> {
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const token = next();
    const done = refresh(aimHarderThat(upstream, token, asked.resolve, answered.promise));
    await asked.promise;
    refreshes.push({ fingerprint, seen, token, upstream, answer: answered.resolve, done });
  }

  async function reserve(): Promise<void> {
    if (!read) return;
    const until = clock.now() + RESERVATION;
    const expected = model.has(backgroundFingerprint) && reservedUntil < until;
    expect(await state.reserve(read, until)).toBe(expected);
    if (expected) reservedUntil = until;
  }

  async function answer(which: number): Promise<void> {
    const [refresh] = refreshes.splice(which % Math.max(1, refreshes.length), 1);
    if (!refresh) return;
    refresh.answer();
    await refresh.done;
    const { fingerprint, token, upstream } = refresh;
    const now = model.get(fingerprint);
    if (now?.write !== refresh.seen) return;
    if (upstream === 'updated') expectWrite(fingerprint, token, now.born);
    if (upstream === 'whoami') expectWrite(fingerprint, now.token, now.born);
    if (upstream !== 'logout') return;
    if (fingerprint === backgroundFingerprint) model.set(fingerprint, { ...now, state: 'login-required' });
    else model.delete(fingerprint);
  }

  async function perform(one: Step): Promise<void> {
    switch (one.kind) {
      case 'login':
        return login(one.device);
      case 'logout':
        await sessions.deleteSession(email, { sessionType: 'device', ...(one.device && { fingerprint: one.device }) });
        for (const name of one.device ? [one.device] : DEVICES) model.delete(name);
        return;
      case 'begin-refresh':
        return beginRefresh(one.device ?? backgroundFingerprint, one.upstream);
      case 'wheel':
        return wheelRefresh(one.device ?? backgroundFingerprint, one.upstream);
      case 'reserve':
        return reserve();
      case 'answer':
        return answer(one.which);
      case 'end-background': {
        const ended = sessions.deleteSession(email, {
          fingerprint: backgroundFingerprint,
          confirmProtectedDeletion: one.confirmed,
        });
        if (one.confirmed || !model.has(backgroundFingerprint)) await ended;
        else await expect(ended).rejects.toMatchObject({ code: 'session-protected' });
        if (!one.confirmed) return;
        model.delete(backgroundFingerprint);
        reservedUntil = 0;
        return;
      }
      case 'week':
        // No caller waits for AimHarder's answer longer than its refresh lock lasts.
        while (refreshes.length > 0) await answer(0);
        clock.advance(DEVICE_LIFETIME);
        for (const [fingerprint, { born }] of model) {
          if (fingerprint !== backgroundFingerprint && clock.now() - born >= DEVICE_LIFETIME) model.delete(fingerprint);
        }
        afterScan = async () => (one.login === undefined ? undefined : login(one.login));
        await sessions.cleanupExpiredSessions();
        afterScan = async () => {};
    }
  }

  async function compare(): Promise<void> {
    const stored = await Promise.all(
      (await sessions.getAllUserSessions(email)).map(
        async (session) =>
          [session.fingerprint, { token: (await tokens.decrypt(session)).token, state: session.state }] as const,
      ),
    );
    const expected = [...model].map(
      ([fingerprint, { token, state }]) => [fingerprint, { token: `${fingerprint}#${token}`, state }] as const,
    );
    expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(expected));
  }

  for (const one of [...steps, ...Array<Step>(steps.length).fill({ kind: 'answer', which: 0 })]) {
    clock.advance(1);
    await perform(one);
    await compare();
  }
  expect((await Promise.all(waiting)).filter(Boolean)).toEqual([]);
}

const neverAsked = {
  updateToken: () => Promise.reject(new Error('two callers rotate one token')),
} as unknown as AimHarder;

function aimHarderThat(upstream: Upstream, number: number, asked: () => void, answered: Promise<void>): AimHarder {
  return {
    async updateToken(session: AimHarderSession) {
      asked();
      await answered;
      if (upstream === 'timeout') throw new UpstreamFailure('upstream-timeout', 'late', { mayHaveBeenSent: true });
      if (upstream === 'logout') return { kind: 'logged-out' };
      if (upstream === 'whoami') return { kind: 'unrenewed' };
      return { kind: 'updated', session: { ...session, token: `${session.fingerprint}#${number}` } };
    },
    whoAmI: async (session: AimHarderSession) => ({ kind: 'member', session, boxes: [] }),
  } as unknown as AimHarder;
}

/** The same engine; each request passes through `intercept`, which may send another command in its place. */
export function interceptedBy(
  engine: Documents,
  intercept: (command: unknown, pass: (instead?: unknown) => Promise<unknown>) => Promise<unknown>,
): Documents {
  const send = ((command: unknown) =>
    intercept(command, (instead = command) => engine.send(instead as never))) as Documents['send'];
  return new Proxy(engine, { get: (target, name) => (name === 'send' ? send : Reflect.get(target, name)) });
}
