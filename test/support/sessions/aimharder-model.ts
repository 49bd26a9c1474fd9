import type { AimHarderSession } from '../../../lib/aimharder/client.ts';

/** A token of the model, "<fingerprint>#<login>.<renewal>". It shows its session, and which of two tokens is newer. */
export type IssuedToken = {
  readonly text: string;
  readonly fingerprint: string;
  readonly login: number;
  readonly renewal: number;
};

export function parseToken(text: string): IssuedToken {
  const [, fingerprint = '', login = '', renewal = ''] = /^(.*)#(\d+)\.(\d+)$/.exec(text) ?? [];
  return { text, fingerprint, login: Number(login), renewal: Number(renewal) };
}

/** The newest token of a login, the token that it replaces, and how many times locks had expired when its caller began. */
type Renewal = { readonly from: string; readonly to: string; readonly since: number };

/** Models AimHarder: the tokens that it has issued, replaced and refused. */
export class AimHarderModel {
  /** The password that AimHarder accepts. */
  password = 'first';
  /** How often enough time has passed for a refresh lock to expire. */
  expiries = 0;
  /** The token of the latest login of a background session. */
  latestBackgroundToken = '';
  readonly #backgrounds: readonly string[];
  #logins = 0;
  #renewals = 0;
  readonly #newest = new Map<number, Renewal>();
  readonly #refused = new Set<string>();
  readonly #relogins = new Set<number>();
  readonly #unfinishedLogins = new Set<number>();

  /** @param backgrounds fingerprints of the member's background session, one for each salt. */
  constructor(backgrounds: readonly string[]) {
    this.#backgrounds = backgrounds;
  }

  logIn(fingerprint: string, { isRelogin }: { readonly isRelogin: boolean }): AimHarderSession {
    this.#logins += 1;
    (isRelogin ? this.#relogins : this.#unfinishedLogins).add(this.#logins);
    const token = `${fingerprint}#${this.#logins}.0`;
    if (this.#backgrounds.includes(fingerprint)) this.latestBackgroundToken = token;
    return { fingerprint, token, cookies: [{ name: 'amhrdrauth', value: token }] };
  }

  /** Records that a login of the service has ended: from now on, it stores no session. */
  finishLogin(sessions: readonly AimHarderSession[]): void {
    for (const { token } of sessions) this.#unfinishedLogins.delete(parseToken(token).login);
  }

  /** @param since the number of expiries when its caller began. */
  renew(session: AimHarderSession, since: number): AimHarderSession {
    this.#renewals += 1;
    const token = session.token.replace(/\.\d+$/, `.${this.#renewals}`);
    this.#newest.set(parseToken(token).login, { from: session.token, to: token, since });
    return { ...session, token };
  }

  /** Answers `logout:1` to a token. */
  refuse({ token }: AimHarderSession): void {
    this.#refused.add(token);
  }

  /** Checks a token, and records a refusal. The model assumes the worst: AimHarder accepts only a session's newest token. */
  accepts(session: AimHarderSession): boolean {
    const newest = this.#newest.get(parseToken(session.token).login);
    const accepted = newest === undefined || newest.to === session.token;
    if (!accepted) this.refuse(session);
    return accepted;
  }

  hasRefused({ text }: IssuedToken): boolean {
    return this.#refused.has(text);
  }

  /** Whether AimHarder has given a newer token whose caller has not stored it yet, but still may: its lock has not expired. */
  isBeingRenewed({ text, login }: IssuedToken): boolean {
    const newest = this.#newest.get(login);
    return newest?.from === text && newest.since === this.expiries;
  }

  /** Whether a token comes from a login with a kept password. */
  isOfRelogin({ login }: IssuedToken): boolean {
    return this.#relogins.has(login);
  }

  /** Whether a token comes from a login at work, which may be stored after its session has ended. */
  isOfUnfinishedLogin({ login }: IssuedToken): boolean {
    return this.#unfinishedLogins.has(login);
  }
}
