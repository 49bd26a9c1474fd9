import type { Clock, Instant } from '../../../lib/platform/clock.ts';
import { MINUTE, SECOND } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import {
  type RefreshDueSessionsDeps,
  refreshClaimedPart,
  refreshDueSessions,
} from '../../../lib/refresh/refresh-due-sessions.ts';
import type { Claim } from '../../../lib/refresh/slot-parts.ts';
import { WheelCursor } from '../../../lib/refresh/wheel-cursor.ts';
import type { SessionKey } from '../../../lib/sessions/session.ts';
import { quiet } from '../aimharder/upstream.ts';
import { coarseClock } from './coarse-clock.ts';

const WHEEL = { slots: 8, shards: 16 };
const PARTITIONS = 128;
/** A run starts no refresh in its last 15 s, and Lambda ends it after 120 s. */
const RUN = 105 * SECOND;
/** How long Lambda takes to start a worker. */
const START_UP = 0.3 * SECOND;
const never = new AbortController().signal;

/** A run's step that the model may stop at: a write to the cursor, or the start of a worker. */
export type Step = { readonly run: 'minute' | 'worker'; readonly minute: number; readonly what: string };

export type WheelModelOptions = {
  readonly documents: Documents;
  readonly sessions: number;
  readonly concurrency: number;
  readonly start?: Instant;
  readonly answerMs?: number;
  /** Decides at each step whether its run dies before it, after it, or not at all. */
  readonly dies?: (step: Step) => 'before' | 'after' | undefined;
  /** How often Lambda starts each worker; once by default. */
  readonly deliveries?: number;
  /** Whether Lambda refuses to start the workers of a minute. */
  readonly refuses?: (minute: number) => boolean;
  /** How many sessions in how many seconds a run does alone; by default as many as it can in a minute. */
  readonly maxWorkOfRun?: number;
  /** Decides at each refresh whether its run dies. */
  readonly diesAtRefresh?: (run: Step['run']) => boolean;
};

const FIRST_MINUTE = 29_600_000;

/**
 * A model of the timing wheel: the real runs and the real cursor, but sessions that are numbers, and time that passes only when
 * all runs wait. Partitions are of equal size.
 */
export class WheelModel {
  readonly start: Instant;
  readonly clock;
  /** When each session was last refreshed. */
  readonly refreshedAt: Float64Array;
  /** The longest time between two refreshes of a session, in milliseconds. */
  longestGap = 0;
  shortestGap = Number.POSITIVE_INFINITY;
  refreshes = 0;
  /** How often a session was refreshed by two runs at once. */
  doubled = 0;
  workers = 0;
  deaths = 0;
  readonly #options: WheelModelOptions;
  readonly #cursor: WheelCursor;
  readonly #busy: Uint8Array;
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: WheelModelOptions) {
    this.#options = options;
    this.start = options.start ?? FIRST_MINUTE * MINUTE;
    this.clock = coarseClock(this.start);
    this.#cursor = new WheelCursor({ documents: options.documents, table: 'sessions' });
    this.refreshedAt = new Float64Array(options.sessions).fill(this.clock.now());
    this.#busy = new Uint8Array(options.sessions);
  }

  /** Runs the wheel for so many minutes. @param misses the minutes, counted from now, in which nothing starts a run. */
  async runMinutes(count: number, misses: readonly number[] = []): Promise<void> {
    const first = Math.floor(this.clock.now() / MINUTE);
    for (let index = 0; index < count; index += 1) {
      await this.clock.advanceTo((first + index) * MINUTE);
      if (!misses.includes(index))
        this.#start('minute', first + index, (deps) =>
          refreshDueSessions(deps, first + index, this.clock.monotonic() + RUN, never),
        );
    }
    await this.clock.advanceTo((first + count) * MINUTE);
  }

  /** Begins to measure anew. */
  forgetFigures(): void {
    Object.assign(this, {
      longestGap: 0,
      shortestGap: Number.POSITIVE_INFINITY,
      refreshes: 0,
      doubled: 0,
      workers: 0,
      deaths: 0,
    });
  }

  /** How many sessions were not refreshed since an instant. @param slot of one slot only. */
  notRefreshedSince(instant: Instant, slot?: number): number {
    const isIn = (session: number) => slot === undefined || session % WHEEL.slots === slot;
    return this.refreshedAt.reduce((sum, at, session) => sum + Number(at < instant && isIn(session)), 0);
  }

  #start(kind: Step['run'], minute: number, work: (deps: RefreshDueSessionsDeps) => Promise<unknown>): void {
    const life = { isDead: false };
    const running = work(this.#deps(kind, minute, life)).catch((error: unknown) => {
      if (!life.isDead) throw error;
    });
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  #startWorker = async (claim: Claim): Promise<void> => {
    if (this.#options.refuses?.(claim.minute)) throw new Error('Lambda starts nothing');
    this.workers += 1;
    for (let delivery = 0; delivery < (this.#options.deliveries ?? 1); delivery += 1) this.#deliver(claim);
  };

  #deliver(claim: Claim): void {
    void this.clock
      .until(this.clock.monotonic() + START_UP)
      .then(() =>
        this.#start('worker', claim.minute, (deps) =>
          refreshClaimedPart(deps, claim, this.clock.monotonic() + RUN, never),
        ),
      );
  }

  #deps(run: Step['run'], minute: number, life: { isDead: boolean }): RefreshDueSessionsDeps {
    const step = async <Result>(what: string, act: () => Promise<Result>): Promise<Result> => {
      const dies = life.isDead ? 'before' : this.#options.dies?.({ run, minute, what });
      if (dies === 'before') return this.#die(life);
      const result = await this.clock.during(act());
      return dies === 'after' ? this.#die(life) : result;
    };
    const cursor = this.#cursor;
    return {
      clock: this.clock satisfies Clock,
      logger: quiet,
      measure: () => undefined,
      wheel: WHEEL,
      concurrency: this.#options.concurrency,
      maxWorkOfRun: this.#options.maxWorkOfRun ?? 60 * this.#options.concurrency,
      sessions: { find: async () => undefined },
      keysIn: (partition, after) => this.#keysIn(partition, after),
      startWorker: (claim) => step('startWorker', () => this.#startWorker(claim)),
      cursor: {
        read: () => this.clock.during(cursor.read()),
        claim: (...args) => step('claim', () => cursor.claim(...args)),
        begin: (...args) => step('begin', () => cursor.begin(...args)),
        takeOver: (...args) => step('takeOver', () => cursor.takeOver(...args)),
        finish: (...args) => step('finish', () => cursor.finish(...args)),
        forget: (...args) => step('forget', () => cursor.forget(...args)),
        setBack: (...args) => step('setBack', () => cursor.setBack(...args)),
      },
      refresher: {
        tryRefresh: async (key) => {
          if (life.isDead || this.#options.diesAtRefresh?.(run)) return this.#die(life);
          await this.#refresh(Number(key.email));
          return life.isDead ? this.#die(life) : { kind: 'changed', session: undefined };
        },
        recover: async () => undefined,
      },
    };
  }

  /** Lets a run die: what it waits for never comes. */
  #die(life: { isDead: boolean }): Promise<never> {
    if (!life.isDead) this.deaths += 1;
    life.isDead = true;
    return new Promise(() => undefined);
  }

  async #refresh(session: number): Promise<void> {
    if (this.#busy[session]) this.doubled += 1;
    this.#busy[session] = 1;
    await this.clock.until(this.clock.monotonic() + (this.#options.answerMs ?? SECOND));
    this.#busy[session] = 0;
    this.refreshes += 1;
    const gap = this.clock.now() - (this.refreshedAt[session] ?? 0);
    this.longestGap = Math.max(this.longestGap, gap);
    this.shortestGap = Math.min(this.shortestGap, gap);
    this.refreshedAt[session] = this.clock.now();
  }

  async *#keysIn(partition: number, after?: SessionKey): AsyncGenerator<SessionKey> {
    const begin = after ? Number(after.email) + PARTITIONS : partition;
    for (let session = begin; session < this.#options.sessions; session += PARTITIONS)
      yield { email: String(session), fingerprint: 'background' };
  }
}
