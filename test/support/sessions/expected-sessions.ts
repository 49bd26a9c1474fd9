import type { Upstream } from './session-history.ts';

/** The expected content of a session: the number of its token, the number of its last write, and its state. */
export type Expected = {
  readonly token: number;
  readonly write: number;
  readonly state: string;
  readonly born: number;
};
/** A refresh whose caller waits for AimHarder's answer. */
export type Refresh = {
  readonly fingerprint: string;
  /** The write that the caller has seen. */
  readonly seen: number;
  readonly token: number;
  readonly upstream: Upstream;
  answer(): void;
  readonly done: Promise<unknown>;
};

/** Models the stored sessions of one member. */
export class ExpectedSessions {
  readonly sessions = new Map<string, Expected>();
  #numbers = 0;
  #writes = 0;

  /** Numbers the next token that AimHarder issues. */
  nextToken(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  write(fingerprint: string, token: number, born: number): void {
    this.#writes += 1;
    this.sessions.set(fingerprint, { token, write: this.#writes, state: 'active', born });
  }

  /**
   * Applies AimHarder's answer to a refresh, unless the session was written since the caller has seen it. A background session
   * ends only if whoami names no member either.
   */
  applyAnswer({ fingerprint, token, upstream, seen }: Refresh, isBackground: boolean): void {
    const now = this.sessions.get(fingerprint);
    if (now?.write !== seen) return;
    if (upstream === 'updated') this.write(fingerprint, token, now.born);
    const isProvenAlive = upstream === 'whoami' || (upstream === 'false-logout' && isBackground);
    if (isProvenAlive) this.write(fingerprint, now.token, now.born);
    else if (upstream === 'logout' && isBackground) this.sessions.set(fingerprint, { ...now, state: 'login-required' });
    else if (upstream === 'logout' || upstream === 'false-logout') this.sessions.delete(fingerprint);
  }
}
