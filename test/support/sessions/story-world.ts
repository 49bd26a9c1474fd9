import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { AimHarder, AimHarderSession } from '../../../lib/aimharder/client.ts';
import { dualLogin } from '../../../lib/login/dual-login.ts';
import { KeptPasswords } from '../../../lib/login/kept-passwords.ts';
import { reloginWithKeptPassword } from '../../../lib/login/relogin.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { reloginOrNotify } from '../../../lib/refresh/recover-session.ts';
import { refreshDueSessions } from '../../../lib/refresh/refresh-due-sessions.ts';
import { WheelCursor } from '../../../lib/refresh/wheel-cursor.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import { REFRESH_LOCK_TTL, type SessionKey } from '../../../lib/sessions/session.ts';
import { quiet } from '../aimharder/upstream.ts';
import { ALONE } from '../refresh/alone.ts';
import { SALTS, type Story } from './actions.ts';
import { AimHarderModel } from './aimharder-model.ts';
import { CallInvariants } from './call-invariants.ts';
import { interceptedBy } from './intercepted.ts';
import { Interleaving } from './interleaving.ts';
import { Invariants } from './invariants.ts';
import { memberUpstream, SALT, sessionStores, steppedClock, storeKeys } from './session-world.ts';
import { readSnapshot } from './snapshot.ts';
import { loginUpstream, type Script, scriptedUpstream } from './story-upstream.ts';
import { UNLIMITED } from './unlimited.ts';
import { Violations } from './violations.ts';

/** How often a waiting caller checks before another's refresh lock expires. */
const LOOKS = 20;

const never = new AbortController().signal;
const email = 'member@example.com';

type Clock = ReturnType<typeof steppedClock>;

/** The service with one member, whose requests and AimHarder's answers pass through a gate. Every write is checked. */
export class StoryWorld {
  readonly email = email;
  readonly interleaving: Interleaving;
  readonly aimHarder: AimHarderModel;
  readonly invariants: Invariants;
  readonly stores: ReturnType<typeof sessionStores>;
  readonly kept: KeptPasswords;
  readonly clock: Clock;
  readonly #calls: CallInvariants;
  readonly #cursor: WheelCursor;
  readonly #violations = new Violations();
  #looks = 0;

  /** @param engine an empty database. */
  constructor(engine: Documents, { choices, twice }: Pick<Story, 'choices' | 'twice'>) {
    const backgrounds = SALTS.map((salt) => generateBackgroundFingerprint(email, salt));
    this.interleaving = new Interleaving(choices);
    this.clock = { ...steppedClock(), until: () => this.#awaitOtherCaller() };
    this.aimHarder = new AimHarderModel(backgrounds);
    const watched = { clock: this.clock, aimHarder: this.aimHarder, violations: this.#violations };
    this.invariants = new Invariants({ ...watched, backgrounds, readSnapshot: () => readSnapshot(engine, email) });
    this.#calls = new CallInvariants({ ...watched, stored: (fingerprint) => this.invariants.stored(fingerprint) });
    const documents = this.#gated(engine, twice);
    this.stores = sessionStores(documents, this.clock);
    this.kept = new KeptPasswords({
      documents,
      table: 'credentials',
      clock: this.clock,
      secrets: async () => ({ fingerprintSalt: SALT, keys: storeKeys }),
    });
    this.#cursor = new WheelCursor({ documents, table: 'sessions' });
  }

  /** Moves the clock far enough that refresh locks may expire. */
  passTime(millis: number): void {
    this.clock.advance(millis);
    this.aimHarder.expiries += 1;
  }

  /** Logs the member in, as the service does. @param salt the salt of the background fingerprint. */
  login(device: string, salt: string) {
    const made: AimHarderSession[] = [];
    const deps = {
      ...this.stores,
      aimHarder: loginUpstream(this.#upstreamParts(), made),
      throttle: { count: async () => UNLIMITED },
      boxes: { saveBoxes: async () => undefined },
      secrets: async () => ({ fingerprintSalt: salt }),
      clock: this.clock,
      logger: quiet,
    };
    const { password } = this.aimHarder;
    const request = {
      ...{ email, password, fingerprint: device, deviceName: null },
      ...{ sourceAddress: '', knownDevice: undefined, isKnownAddress: false, hasSession: false },
    };
    return dualLogin(deps, request, async () => undefined, never).finally(() => this.aimHarder.finishLogin(made));
  }

  upstream(script: Script): AimHarder {
    return scriptedUpstream(this.#upstreamParts(), script);
  }

  refresher(script: Script) {
    return this.#memberUpstream(this.upstream(script)).refresher;
  }

  /** Runs the wheel for one session. */
  async runWheel(key: SessionKey, minute: number, aimHarder: AimHarder): Promise<void> {
    const deps = {
      ...this.#memberUpstream(aimHarder),
      cursor: this.#cursor,
      wheel: { slots: 1, shards: 1 },
      concurrency: 1,
      ...ALONE,
      async *keysIn(partition: number) {
        if (partition === 0) yield key;
      },
    };
    await refreshDueSessions(deps, minute, Number.POSITIVE_INFINITY, never);
    if (this.#violations.first) throw this.#violations.first;
  }

  #memberUpstream(aimHarder: AimHarder) {
    const { sessions, tokens, state, relogins } = this.stores;
    const deps = { sessions, tokens, state, clock: this.clock, logger: quiet, aimHarder };
    const relogin = reloginWithKeptPassword({ ...deps, relogins, keptPasswords: this.kept });
    return memberUpstream({ ...deps, recover: reloginOrNotify({ ...deps, relogin, publish: async () => undefined }) });
  }

  #upstreamParts() {
    return { interleaving: this.interleaving, aimHarder: this.aimHarder, calls: this.#calls };
  }

  /** Waits for another caller; at last, until the lock of a dead caller expires. */
  async #awaitOtherCaller(): Promise<void> {
    await this.interleaving.gate();
    this.#looks += 1;
    if (this.#looks % LOOKS === 0) this.passTime(REFRESH_LOCK_TTL + 1);
  }

  /** Wraps the engine: requests pass through the gate, and some writes are sent twice, as the SDK does after a lost answer. */
  #gated(engine: Documents, twice: readonly boolean[]): Documents {
    let requests = 0;
    return interceptedBy(engine, async (command, send) => {
      requests += 1;
      const isWrite = WRITES.some((kind) => command instanceof kind);
      const sendAndCheck = async () => {
        try {
          return await send();
        } finally {
          if (isWrite) await this.invariants.checkWrite(command);
        }
      };
      const isLost = isWrite && twice[requests % twice.length];
      if (!isLost) return this.interleaving.pass(sendAndCheck);
      await this.interleaving.pass(sendAndCheck).catch(() => undefined);
      return this.interleaving.pass(() => asSecond(sendAndCheck()));
    });
  }
}

type WithMetadata = { readonly $metadata: { attempts?: number } };

const hasMetadata = (answer: unknown): answer is WithMetadata =>
  typeof answer === 'object' && answer !== null && '$metadata' in answer;

/** Marks an answer, or an error, as that of a second sending, as the SDK does. */
async function asSecond(sent: Promise<unknown>): Promise<unknown> {
  const [settled] = await Promise.allSettled([sent]);
  const answer: unknown = settled.status === 'fulfilled' ? settled.value : settled.reason;
  if (hasMetadata(answer)) answer.$metadata.attempts = 2;
  return sent;
}

const WRITES = [UpdateCommand, PutCommand, DeleteCommand] as const;
