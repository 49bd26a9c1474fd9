import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from 'vitest';
import { type AimHarder, type AimHarderSession, UpstreamFailure } from '../../../lib/aimharder/client.ts';
import { DAY } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import type { SessionRefresher } from '../../../lib/refresh/refresh-session.ts';
import { type BackgroundSession, DEVICE_LIFETIME } from '../../../lib/sessions/session.ts';
import { type Expected, ExpectedSessions, type Refresh } from './expected-sessions.ts';
import { interceptedBy } from './intercepted.ts';
import { DEVICES, type Step, type Upstream } from './session-history.ts';
import { background, device, memberUpstream, sessionStores, steppedClock } from './session-world.ts';

/*
 * Plays logins, logouts, deletions and refreshes of one member against the real engine. Other steps may come between a refresh
 * and AimHarder's answer to it. After every step the stored sessions are compared with a model. A token is "<fingerprint>#<n>",
 * and n grows with every token that AimHarder issues. So a token shows its session, and which of two tokens is newer.
 */

/** A reservation outlasts one week and not two. */
const RESERVATION = 10 * DAY;
let members = 0;

const never = new AbortController().signal;

/** Plays a history against the engine. @throws if the stored sessions differ from the model's. */
export async function play(engine: Documents, steps: readonly Step[]): Promise<void> {
  members += 1;
  const world = new ModelledMember(engine, `model-${members}@example.com`);
  for (const one of [...steps, ...Array<Step>(steps.length).fill({ kind: 'answer', which: 0 })]) {
    world.clock.advance(1);
    await world.perform(one);
    await world.compare();
  }
  await world.checkSecondCallers();
}

/** A member's sessions in the engine, beside the model of them. */
class ModelledMember {
  readonly clock = { ...steppedClock(), until: () => new Promise<void>((resolve) => setImmediate(resolve)) };
  readonly #email: string;
  readonly #background: string;
  readonly #stores: ReturnType<typeof sessionStores>;
  readonly #model = new ExpectedSessions();
  readonly #refreshes: Refresh[] = [];
  /** The results of callers that wait for another's refresh: undefined, or an error. */
  readonly #secondCallers: Promise<unknown>[] = [];
  #afterScan = async () => {};
  /** The background session as a firing has read it. */
  #read: BackgroundSession | undefined;
  #reservedUntil = 0;

  constructor(engine: Documents, email: string) {
    this.#email = email;
    this.#background = background(email).fingerprint;
    const documents = interceptedBy(engine, async (command, pass) => {
      const answer = await pass();
      if (command instanceof ScanCommand) await this.#afterScan();
      return answer;
    });
    this.#stores = sessionStores(documents, this.clock);
  }

  async perform(one: Step): Promise<void> {
    switch (one.kind) {
      case 'login':
        return this.#login(one.device);
      case 'logout':
        return this.#logout(one.device);
      case 'begin-refresh':
        return this.#beginRefresh(one.device ?? this.#background, one.upstream);
      case 'wheel':
        return this.#wheelRefresh(one.device ?? this.#background, one.upstream);
      case 'reserve':
        return this.#reserve();
      case 'answer':
        return this.#answer(one.which);
      case 'end-background':
        return this.#endBackground(one.confirmed);
      case 'week':
        return this.#passWeek(one.login);
    }
  }

  /** Compares the stored sessions with the model. */
  async compare(): Promise<void> {
    const { sessions, tokens } = this.#stores;
    const stored = await Promise.all(
      (await sessions.getAllUserSessions(this.#email)).map(
        async (session) =>
          [session.fingerprint, { token: (await tokens.decrypt(session)).token, state: session.state }] as const,
      ),
    );
    const expected = [...this.#model.sessions].map(
      ([fingerprint, { token, state }]) => [fingerprint, { token: `${fingerprint}#${token}`, state }] as const,
    );
    expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(expected));
  }

  /** Checks that no caller that waited for another's refresh has failed. */
  async checkSecondCallers(): Promise<void> {
    expect((await Promise.all(this.#secondCallers)).filter(Boolean)).toEqual([]);
  }

  async #login(name: string): Promise<void> {
    const { logins, sessions } = this.#stores;
    this.clock.advance(1);
    const [first, second] = [this.#model.nextToken(), this.#model.nextToken()];
    await logins.storeSession(background(this.#email, `${this.#background}#${first}`));
    await logins.storeSession(device(this.#email, name, `${name}#${second}`));
    this.#model.write(this.#background, first, this.clock.now());
    this.#model.write(name, second, this.clock.now());
    this.#read = await sessions.getBackgroundSession(this.#email);
  }

  async #logout(name: string | undefined): Promise<void> {
    const { sessions } = this.#stores;
    await sessions.deleteSession(this.#email, { sessionType: 'device', ...(name && { fingerprint: name }) });
    for (const fingerprint of name ? [name] : DEVICES) this.#model.sessions.delete(fingerprint);
  }

  /** Begins a refresh, and waits until it has asked AimHarder or has ended without asking. */
  async #beginRefresh(fingerprint: string, upstream: Upstream): Promise<void> {
    const session = await this.#stores.sessions.find({ email: this.#email, fingerprint });
    const seen = this.#model.sessions.get(fingerprint);
    if (!session || !seen || seen.state !== 'active') return;
    if (this.#isLocked(fingerprint, seen)) {
      const second = this.#refresherAt(neverAsked).refresh(session, never);
      this.#secondCallers.push(
        second.then(
          () => undefined,
          (error: unknown) => error,
        ),
      );
      return;
    }
    await this.#begin(fingerprint, seen.write, upstream, (refresher) => refresher.refresh(session, never));
  }

  /** Refreshes a session as the wheel does: not if it is dead, reserved, or locked by another caller. */
  async #wheelRefresh(fingerprint: string, upstream: Upstream): Promise<void> {
    const key = { email: this.#email, fingerprint };
    const seen = this.#model.sessions.get(fingerprint);
    const isReserved = fingerprint === this.#background && this.#reservedUntil > this.clock.now();
    if (seen?.state === 'active' && !this.#isLocked(fingerprint, seen) && !isReserved)
      await this.#begin(fingerprint, seen.write, upstream, (refresher) => refresher.tryRefresh(key, never));
    else expect(await this.#refresherAt(neverAsked).tryRefresh(key, never)).toBeUndefined();
  }

  /** Whether a caller that still waits for its answer holds the refresh lock. */
  #isLocked(fingerprint: string, { write }: Expected): boolean {
    return this.#refreshes.some((other) => other.fingerprint === fingerprint && other.seen === write);
  }

  async #begin(
    fingerprint: string,
    seen: number,
    upstream: Upstream,
    refresh: (refresher: SessionRefresher) => Promise<unknown>,
  ): Promise<void> {
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const token = this.#model.nextToken();
    const aimHarder = aimHarderThat(upstream, token, asked.resolve, answered.promise);
    const done = refresh(this.#refresherAt(aimHarder));
    await asked.promise;
    this.#refreshes.push({ fingerprint, seen, token, upstream, answer: answered.resolve, done });
  }

  #refresherAt(aimHarder: AimHarder): SessionRefresher {
    return memberUpstream({ ...this.#stores, aimHarder, clock: this.clock }).refresher;
  }

  async #answer(which: number): Promise<void> {
    const [refresh] = this.#refreshes.splice(which % Math.max(1, this.#refreshes.length), 1);
    if (!refresh) return;
    refresh.answer();
    await refresh.done;
    this.#model.applyAnswer(refresh, refresh.fingerprint === this.#background);
  }

  async #reserve(): Promise<void> {
    if (!this.#read) return;
    const until = this.clock.now() + RESERVATION;
    const expected = this.#model.sessions.has(this.#background) && this.#reservedUntil < until;
    expect(await this.#stores.state.reserve(this.#read, until)).toBe(expected);
    if (expected) this.#reservedUntil = until;
  }

  async #endBackground(isConfirmed: boolean): Promise<void> {
    const ended = this.#stores.sessions.deleteSession(this.#email, {
      fingerprint: this.#background,
      confirmProtectedDeletion: isConfirmed,
    });
    if (isConfirmed || !this.#model.sessions.has(this.#background)) await ended;
    else await expect(ended).rejects.toMatchObject({ code: 'session-protected' });
    if (!isConfirmed) return;
    this.#model.sessions.delete(this.#background);
    this.#reservedUntil = 0;
  }

  /** Passes a week and cleans up. @param login the device of a login between the clean-up's search and its deletions. */
  async #passWeek(login: string | undefined): Promise<void> {
    // No caller waits for AimHarder's answer longer than its refresh lock lasts.
    while (this.#refreshes.length > 0) await this.#answer(0);
    this.clock.advance(DEVICE_LIFETIME);
    for (const [fingerprint, { born }] of this.#model.sessions) {
      const isExpired = fingerprint !== this.#background && this.clock.now() - born >= DEVICE_LIFETIME;
      if (isExpired) this.#model.sessions.delete(fingerprint);
    }
    this.#afterScan = async () => (login === undefined ? undefined : this.#login(login));
    await this.#stores.sessions.cleanupExpiredSessions();
    this.#afterScan = async () => {};
  }
}

const neverAsked = {
  updateToken: () => Promise.reject(new Error('two callers rotate one token')),
} as unknown as AimHarder;

function aimHarderThat(upstream: Upstream, number: number, asked: () => void, answered: Promise<void>): AimHarder {
  return {
    async updateToken(session: AimHarderSession) {
      asked();
      await answered;
      if (upstream === 'timeout') throw new UpstreamFailure('upstream-timeout', 'late', { mayHaveTakenEffect: true });
      if (upstream === 'logout' || upstream === 'false-logout') return { kind: 'logged-out' };
      if (upstream === 'whoami') return { kind: 'unrenewed' };
      return { kind: 'updated', session: { ...session, token: `${session.fingerprint}#${number}` } };
    },
    whoAmI: async (session: AimHarderSession) =>
      upstream === 'logout' ? { kind: 'nobody' } : { kind: 'member', session, boxes: [] },
  } as unknown as AimHarder;
}
