import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { AimHarderSession } from '../../../lib/aimharder/client.ts';
import { HOUR, type Instant } from '../../../lib/platform/clock.ts';
import { decrypt } from '../../../lib/platform/encryption.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import { isReserved, type Session } from '../../../lib/sessions/session.ts';
import { decodeSession } from '../../../lib/sessions/session-record.ts';
import { storeKeys } from './session-world.ts';

/**
 * AimHarder behind the scenes. A token is "<fingerprint>#<login>.<renewal>": it shows which session it belongs to, and which
 * of two tokens is newer.
 */
export type AtAimHarder = {
  logins: number;
  renewals: number;
  /** The callers that ask for a next token, each with the number of expiries when it began. */
  asking: Array<{ readonly token: string; readonly since: number }>;
  relogins: Instant[];
  /** How often enough time has passed for a refresh lock to expire. */
  expiries: number;
  password: string;
};

type Seen = {
  readonly item: object;
  readonly session: Session;
  /** The session that its token belongs to. */
  readonly fingerprint: string;
  readonly login: number;
  readonly renewal: number;
};

type Watching = {
  readonly email: string;
  readonly clock: { now(): Instant };
  readonly salts: readonly string[];
  readonly aimHarder: AtAimHarder;
  readonly snapshot: () => Promise<{
    readonly items: readonly object[];
    readonly credentials: boolean;
    readonly password: string | undefined;
  }>;
};

const loginOf = ({ token }: AimHarderSession): string => token.replace(/\.\d+$/, '');

/** Looks at what is stored after every write, and throws if an invariant is broken. */
export function watcher({ email, clock, salts, aimHarder, snapshot }: Watching) {
  const backgrounds = salts.map((salt) => generateBackgroundFingerprint(email, salt));
  /** Logins whose session has ended; logins at work, which may be stored after it has; logins with a kept password. */
  const ended = new Set<number>();
  const unanswered = new Set<number>();
  const relogins = new Set<number>();
  /** Tokens that AimHarder has said `logout:1` to. */
  const refused = new Set<string>();
  /**
   * The newest token that AimHarder has given for each login, the token that it replaces, and the number of expiries when its
   * caller began.
   */
  const newestBy = new Map<string, { readonly from: string; readonly token: string; readonly since: number }>();
  const askedBy = new Map<string, number>();
  let before = new Map<string, Seen>();
  let passwordBefore: string | undefined;
  let confirmedEndings = 0;
  let hasConfirmed = false;
  let bug: unknown;
  let lastBackground = '';

  /** Records the error too, because the wheel goes on after a failure with one session. */
  const broken = (invariant: string): never => {
    bug ??= new Error(invariant);
    throw bug;
  };

  const isBackground = (fingerprint: string) => backgrounds.includes(fingerprint);
  const isLive = (seen: Seen | undefined): seen is Seen => seen !== undefined && seen.session.state !== 'ended';

  function seenIn(item: object): Seen {
    const session = decodeSession(item);
    const context = [email, session.fingerprint, 'token'];
    const [, fingerprint = '', login = '', renewal = ''] =
      /^(.*)#(\d+)\.(\d+)$/.exec(decrypt(storeKeys, session.encryptedToken, context)) ?? [];
    return { item, session, fingerprint, login: Number(login), renewal: Number(renewal) };
  }

  const tokenOf = ({ fingerprint, login, renewal }: Seen) => `${fingerprint}#${login}.${renewal}`;

  /** Whether AimHarder has given a newer token that its caller has not stored yet, and still may: its lock has not expired. */
  const isBeingRenewed = (seen: Seen): boolean => {
    const newest = newestBy.get(`${seen.fingerprint}#${seen.login}`);
    return newest?.from === tokenOf(seen) && newest.since === aimHarder.expiries;
  };

  function compare(now: ReadonlyMap<string, Seen>, command: unknown): void {
    for (const [fingerprint, seen] of now) {
      const was = before.get(fingerprint);
      if (seen.fingerprint !== fingerprint) broken('a session holds another’s token');
      if (isLive(seen) && ended.has(seen.login)) {
        if (!unanswered.has(seen.login)) broken('an ended session came back');
        ended.delete(seen.login);
      }
      if (was && was.login === seen.login && seen.renewal < was.renewal) broken('an older token replaced a newer');
      const replacesLive = was && was.session.state === 'active' && seen.session.state === 'active';
      if (replacesLive && seen.login < was.login) broken('an older login replaced a newer');
      if (!isBackground(fingerprint)) continue;
      if (seen.session.state === 'active' && !('refreshSlot' in seen.item))
        broken('an active session is not in the wheel');
      if (relogins.has(seen.login) && seen.login !== was?.login && was?.session.state !== 'login-required')
        broken('a login with a kept password replaced a session that was not dead');
      const hasDied = seen.session.state === 'login-required' && was?.session.state === 'active';
      if (hasDied && !refused.has(tokenOf(seen)))
        broken('a session was marked dead whose token AimHarder had not refused');
      if (hasDied && isBeingRenewed(seen)) broken('a session was marked dead that was just being renewed');
      checkReservation(seen.session, was?.session, command);
    }
    for (const [fingerprint, was] of before) {
      const seen = now.get(fingerprint);
      if (isLive(seen) || !isLive(was)) continue;
      ended.add(was.login);
      const another = backgrounds.some((other) => other !== fingerprint && isLive(now.get(other)));
      // Where a changed salt has left two, the member may end the one for which a login is just ending the other.
      const confirmed = command instanceof DeleteCommand ? confirmedEndings > 0 : hasConfirmed;
      if (isBackground(fingerprint) && !confirmed && !another) broken('a background session was lost');
      const hasEnded = seen && !isBackground(fingerprint);
      if (hasEnded && !refused.has(tokenOf(seen))) broken('a session was ended whose token AimHarder had not refused');
      if (hasEnded && isBeingRenewed(was)) broken('a session was ended that was just being renewed');
      const { session } = was;
      const isFresh = session.sessionType === 'device' && session.expiresAt > clock.now();
      if (isFresh && isCleaning(command)) broken('the clean-up ended a live session');
    }
  }

  function checkReservation(now: Session, was: Session | undefined, command: unknown): void {
    if (now.sessionType !== 'background' || was?.sessionType !== 'background') return;
    if ((now.holdUntil ?? 0) < (was.holdUntil ?? 0)) broken('a reservation was shortened');
    if (!isClaim(command) || now.refreshingUntil === was.refreshingUntil) return;
    if (isReserved(was, clock.now())) broken('the wheel locked a reserved session');
    if (was.state !== 'active') broken('the wheel locked a dead session');
  }

  /** The wheel reads a session as it locks it. */
  const isClaim = (command: unknown) =>
    command instanceof UpdateCommand &&
    command.input.UpdateExpression?.startsWith('SET refreshingUntil') &&
    command.input.ReturnValues === 'ALL_NEW';

  /** Only the clean-up deletes without reading what it deletes. */
  const isCleaning = (command: unknown) =>
    command instanceof DeleteCommand &&
    JSON.stringify(command.input.Key).includes('fingerprint') &&
    !command.input.ReturnValues;

  return {
    get bug() {
      return bug;
    },
    async written(command: unknown): Promise<void> {
      try {
        const { items, credentials, password } = await snapshot();
        if (credentials && password === undefined) broken('something is kept of a password that is gone');
        const forgotten = command instanceof DeleteCommand && command.input.ConditionExpression?.includes('#password');
        if (forgotten && passwordBefore === aimHarder.password && password === undefined)
          broken('a password was forgotten that AimHarder accepts');
        passwordBefore = password;
        const now = new Map(items.map(seenIn).map((seen) => [seen.session.fingerprint, seen]));
        compare(now, command);
        before = now;
      } catch (error) {
        bug ??= error;
        throw error;
      }
    },
    loggedIn(fingerprint: string, isRelogin: boolean): AimHarderSession {
      aimHarder.logins += 1;
      (isRelogin ? relogins : unanswered).add(aimHarder.logins);
      const token = `${fingerprint}#${aimHarder.logins}.0`;
      if (isBackground(fingerprint)) lastBackground = token;
      return { fingerprint, token, cookies: [{ name: 'amhrdrauth', value: token }] };
    },
    answered(sessions: readonly AimHarderSession[]): void {
      for (const { token } of sessions) unanswered.delete(Number(/#(\d+)\./.exec(token)?.[1]));
    },
    refused(session: AimHarderSession): void {
      refused.add(session.token);
    },
    lastLogin: () => lastBackground,
    /** @param since the number of expiries when its caller began. */
    renewed(session: AimHarderSession, since: number): AimHarderSession {
      aimHarder.renewals += 1;
      const token = session.token.replace(/\.\d+$/, `.${aimHarder.renewals}`);
      newestBy.set(loginOf(session), { from: session.token, token, since });
      return { ...session, token };
    },
    /** At worst, AimHarder knows a session by its newest token only. */
    accepts(session: AimHarderSession): boolean {
      const newest = newestBy.get(loginOf(session));
      const accepted = newest === undefined || newest.token === session.token;
      if (!accepted) refused.add(session.token);
      return accepted;
    },
    /** A caller asks for the next token: no other caller may, unless the first one's lock may have expired. */
    asks({ token, fingerprint }: AimHarderSession, by: string, since: number) {
      const another = aimHarder.asking.some((one) => one.token === token && one.since === aimHarder.expiries);
      if (another) broken('two callers renew one token');
      const times = (askedBy.get(`${by} ${fingerprint}`) ?? 0) + 1;
      askedBy.set(`${by} ${fingerprint}`, times);
      if (by.startsWith('minute') && times > 1) broken('two runs had one minute');
      const stored = before.get(fingerprint);
      const [, login, renewal] = /#(\d+)\.(\d+)$/.exec(token) ?? [];
      const isOld = stored?.login === Number(login) && stored.renewal > Number(renewal);
      if (isOld && since === aimHarder.expiries) broken('a token was sent that another caller has renewed');
      const asking = { token, since };
      aimHarder.asking.push(asking);
      return {
        end() {
          aimHarder.asking.splice(aimHarder.asking.indexOf(asking), 1);
        },
      };
    },
    relogin(): void {
      aimHarder.relogins.push(clock.now());
      const [third] = aimHarder.relogins.slice(-3, -2);
      if (third !== undefined && clock.now() - third < HOUR) broken('three logins without the member in an hour');
    },
    told: async () => undefined,
    async ending(isConfirmed: boolean, end: () => Promise<void>): Promise<void> {
      if (isConfirmed) confirmedEndings += 1;
      hasConfirmed ||= isConfirmed;
      try {
        await end();
      } catch (error) {
        if (isConfirmed || !(error instanceof Error) || !('code' in error) || error.code !== 'session-protected')
          throw error;
      } finally {
        if (isConfirmed) confirmedEndings -= 1;
      }
    },
    atMostOneBackground(sessions: readonly Session[]): void {
      if (sessions.filter(({ sessionType }) => sessionType === 'background').length > 1)
        broken('a member has two background sessions');
    },
  };
}
