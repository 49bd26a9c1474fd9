import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Instant } from '../../../lib/platform/clock.ts';
import { isReserved, type Session } from '../../../lib/sessions/session.ts';
import type { AimHarderModel } from './aimharder-model.ts';
import type { Snapshot, StoredSession } from './snapshot.ts';
import type { Violations } from './violations.ts';

type Parts = {
  readonly clock: { now(): Instant };
  /** Fingerprints of the member's background session, one for each salt. */
  readonly backgrounds: readonly string[];
  readonly aimHarder: AimHarderModel;
  readonly violations: Violations;
  readonly readSnapshot: () => Promise<Snapshot>;
};

type Sessions = Snapshot['sessions'];

/** Compares the stored sessions before and after each write, and throws if an invariant is broken. */
export class Invariants {
  readonly #parts: Parts;
  /** Logins whose session has ended. */
  readonly #endedLogins = new Set<number>();
  #before: Sessions = new Map();
  #passwordBefore: string | undefined;
  #confirmedEndings = 0;
  #hasConfirmed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Checks the invariants after a write. */
  async checkWrite(command: unknown): Promise<void> {
    try {
      const now = await this.#parts.readSnapshot();
      this.#checkPassword(now, command);
      this.#passwordBefore = now.password;
      for (const [fingerprint, stored] of now.sessions)
        this.#checkStored(stored, this.#before.get(fingerprint), command);
      for (const was of this.#before.values()) this.#checkEnded(was, now.sessions, command);
      this.#before = now.sessions;
    } catch (error) {
      this.#parts.violations.record(error);
      throw error;
    }
  }

  /** Looks up a session as it was after the last write. */
  stored(fingerprint: string): StoredSession | undefined {
    return this.#before.get(fingerprint);
  }

  /** Lets a member end the background session. Without confirmation, it may be refused. */
  async endBackground(isConfirmed: boolean, end: () => Promise<void>): Promise<void> {
    if (isConfirmed) this.#confirmedEndings += 1;
    this.#hasConfirmed ||= isConfirmed;
    try {
      await end();
    } catch (error) {
      if (isConfirmed || !(error instanceof Error) || !('code' in error) || error.code !== 'session-protected')
        throw error;
    } finally {
      if (isConfirmed) this.#confirmedEndings -= 1;
    }
  }

  checkAtMostOneBackground(sessions: readonly Session[]): void {
    if (sessions.filter(({ sessionType }) => sessionType === 'background').length > 1)
      this.#report('a member has two background sessions');
  }

  #checkPassword({ hasCredentials, password }: Snapshot, command: unknown): void {
    if (hasCredentials && password === undefined) this.#report('something is kept of a password that is gone');
    if (forgetsPassword(command) && this.#passwordBefore === this.#parts.aimHarder.password && password === undefined)
      this.#report('a password was forgotten that AimHarder accepts');
  }

  #checkStored(now: StoredSession, was: StoredSession | undefined, command: unknown): void {
    const { session, token } = now;
    if (token.fingerprint !== session.fingerprint) this.#report('a session holds another’s token');
    if (isLive(now) && this.#endedLogins.has(token.login)) {
      if (!this.#parts.aimHarder.isOfUnfinishedLogin(token)) this.#report('an ended session came back');
      this.#endedLogins.delete(token.login);
    }
    if (was && was.token.login === token.login && token.renewal < was.token.renewal)
      this.#report('an older token replaced a newer');
    const replacesLive = was && was.session.state === 'active' && session.state === 'active';
    if (replacesLive && token.login < was.token.login) this.#report('an older login replaced a newer');
    if (this.#isBackground(session.fingerprint)) this.#checkBackground(now, was, command);
  }

  #checkBackground(
    { session, token, isInWheel }: StoredSession,
    was: StoredSession | undefined,
    command: unknown,
  ): void {
    const { aimHarder } = this.#parts;
    if (session.state === 'active' && !isInWheel) this.#report('an active session is not in the wheel');
    const isNewLogin = token.login !== was?.token.login;
    if (aimHarder.isOfRelogin(token) && isNewLogin && was?.session.state !== 'login-required')
      this.#report('a login with a kept password replaced a session that was not dead');
    const hasDied = session.state === 'login-required' && was?.session.state === 'active';
    if (hasDied && !aimHarder.hasRefused(token))
      this.#report('a session was marked dead whose token AimHarder had not refused');
    if (hasDied && aimHarder.isBeingRenewed(token))
      this.#report('a session was marked dead that was just being renewed');
    this.#checkReservation(session, was?.session, command);
  }

  #checkReservation(now: Session, was: Session | undefined, command: unknown): void {
    if (now.sessionType !== 'background' || was?.sessionType !== 'background') return;
    if ((now.holdUntil ?? 0) < (was.holdUntil ?? 0)) this.#report('a reservation was shortened');
    if (!isLockOfWheel(command) || now.refreshingUntil === was.refreshingUntil) return;
    if (isReserved(was, this.#parts.clock.now())) this.#report('the wheel locked a reserved session');
    if (was.state !== 'active') this.#report('the wheel locked a dead session');
  }

  /** Checks a session that the write has ended. */
  #checkEnded(was: StoredSession, sessions: Sessions, command: unknown): void {
    const { session, token } = was;
    const now = sessions.get(session.fingerprint);
    if (isLive(now) || !isLive(was)) return;
    this.#endedLogins.add(token.login);
    if (this.#isBackground(session.fingerprint)) {
      if (!this.#mayEndBackground(session.fingerprint, sessions, command))
        this.#report('a background session was lost');
    } else if (now) this.#checkMarkedEnded(now, was);
    const isFresh = session.sessionType === 'device' && session.expiresAt > this.#parts.clock.now();
    if (isFresh && isCleanUp(command)) this.#report('the clean-up ended a live session');
  }

  /** After a change of the salt there may be two: then the member may end one while a login ends the other. */
  #mayEndBackground(fingerprint: string, sessions: Sessions, command: unknown): boolean {
    const others = this.#parts.backgrounds.filter((other) => other !== fingerprint);
    const isConfirmed = command instanceof DeleteCommand ? this.#confirmedEndings > 0 : this.#hasConfirmed;
    return isConfirmed || others.some((other) => isLive(sessions.get(other)));
  }

  #checkMarkedEnded(now: StoredSession, was: StoredSession): void {
    const { aimHarder } = this.#parts;
    if (!aimHarder.hasRefused(now.token)) this.#report('a session was ended whose token AimHarder had not refused');
    if (aimHarder.isBeingRenewed(was.token)) this.#report('a session was ended that was just being renewed');
  }

  #isBackground(fingerprint: string): boolean {
    return this.#parts.backgrounds.includes(fingerprint);
  }

  #report(invariant: string): never {
    return this.#parts.violations.report(invariant);
  }
}

const isLive = (stored: StoredSession | undefined): boolean => stored !== undefined && stored.session.state !== 'ended';

/** Recognises the wheel's write: it reads the session and locks it in one request. */
const isLockOfWheel = (command: unknown): boolean =>
  command instanceof UpdateCommand &&
  command.input.UpdateExpression?.startsWith('SET refreshingUntil') === true &&
  command.input.ReturnValues === 'ALL_NEW';

/** Recognises the clean-up: only it deletes sessions without returning them. */
const isCleanUp = (command: unknown): boolean =>
  command instanceof DeleteCommand &&
  JSON.stringify(command.input.Key).includes('fingerprint') &&
  !command.input.ReturnValues;

const forgetsPassword = (command: unknown): boolean =>
  command instanceof DeleteCommand && command.input.ConditionExpression?.includes('#password') === true;
