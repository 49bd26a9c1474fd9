import type { AimHarderSession } from '../../../lib/aimharder/client.ts';
import { HOUR, type Instant, MINUTE } from '../../../lib/platform/clock.ts';
import { type AimHarderModel, parseToken } from './aimharder-model.ts';
import type { StoredSession } from './snapshot.ts';
import type { Violations } from './violations.ts';

/** How long after its claim a minute counts as abandoned, so that another run may take it over (lib/refresh/timing-wheel.ts). */
const ABANDONED_AFTER = 3 * MINUTE;

type Parts = {
  readonly clock: { now(): Instant };
  readonly aimHarder: AimHarderModel;
  readonly violations: Violations;
  /** Looks up a session as it was after the last write. */
  readonly stored: (fingerprint: string) => StoredSession | undefined;
};

/** Checks the calls to AimHarder. */
export class CallInvariants {
  readonly #parts: Parts;
  /** The callers that ask for a next token, each with the number of expiries when it began. */
  readonly #asking = new Set<{ readonly token: string; readonly since: number }>();
  readonly #begunAt = new Map<string, Instant>();
  readonly #asked = new Set<string>();
  readonly #relogins: Instant[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Begins a caller's request for the next token: no other caller may ask, unless the first one's lock may have expired.
   *
   * @param by the caller: the wheel asks once a minute for each session.
   * @param since the number of expiries when the caller began.
   * @returns a function that ends the request.
   */
  beginRefresh({ token, fingerprint }: AimHarderSession, by: string, since: number): () => void {
    const { aimHarder, violations, stored } = this.#parts;
    const another = [...this.#asking].some((one) => one.token === token && one.since === aimHarder.expiries);
    if (another) violations.report('two callers renew one token');
    this.#askInMinute(by, fingerprint);
    const now = stored(fingerprint)?.token;
    const { login, renewal } = parseToken(token);
    const isOld = now?.login === login && now.renewal > renewal;
    if (isOld && since === aimHarder.expiries) violations.report('a token was sent that another caller has renewed');
    const asking = { token, since };
    this.#asking.add(asking);
    return () => void this.#asking.delete(asking);
  }

  /** Records when a caller begins. The caller claims its minute after that. */
  begin(by: string): void {
    if (!this.#begunAt.has(by)) this.#begunAt.set(by, this.#parts.clock.now());
  }

  #askInMinute(by: string, fingerprint: string): void {
    const { clock, violations } = this.#parts;
    const isAbandoned = clock.now() - (this.#begunAt.get(by) ?? 0) >= ABANDONED_AFTER;
    const isRepeated = this.#asked.has(`${by} ${fingerprint}`);
    if (by.startsWith('minute') && isRepeated && !isAbandoned) violations.report('two runs had one minute');
    this.#asked.add(`${by} ${fingerprint}`);
  }

  /** Counts a login with a kept password. */
  relogin(): void {
    const { clock, violations } = this.#parts;
    this.#relogins.push(clock.now());
    const [third] = this.#relogins.slice(-3, -2);
    if (third !== undefined && clock.now() - third < HOUR)
      violations.report('three logins without the member in an hour');
  }
}
