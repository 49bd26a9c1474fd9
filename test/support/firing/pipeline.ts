import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { firePrebooking } from '../../../lib/firing/fire-prebooking.ts';
import { preparePrebooking } from '../../../lib/firing/prepare-prebooking.ts';
import type { FireDeps } from '../../../lib/firing/take-shot.ts';
import { type Instant, MINUTE, SECOND } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { dispatchFirings, type ReceivedMessage } from '../../../lib/prebookings/dispatch-firings.ts';
import type { FiringMessage, FiringQueue } from '../../../lib/prebookings/firing-queue.ts';
import type { FunctionStarter } from '../../../lib/prebookings/function-starter.ts';
import { GRACE, type Prebooking } from '../../../lib/prebookings/prebooking.ts';
import type { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import { PreparationWrites } from '../../../lib/prebookings/preparation-writes.ts';
import { sweep } from '../../../lib/prebookings/sweep.ts';
import { decryptWakeUp, type QueuedWakeUp, queuedWakeUp } from '../../../lib/prebookings/wake-up.ts';
import { type WakeUps, wakeUps } from '../../../lib/prebookings/wake-ups.ts';
import type { VirtualClock } from '../platform/virtual-clock.ts';
import { storeKeys } from '../sessions/session-world.ts';

/** What goes wrong between a wake-up and its shot. Times are in milliseconds. */
export type PipelineFaults = {
  /** How late the wake-up comes. */
  readonly wokenLateMs?: number;
  readonly queueRefuses?: boolean;
  /** SQS answers no message as long as the preparation runs. */
  readonly queueHangs?: boolean;
  /** How many runs of the dispatcher die between reading their messages and starting anything. */
  readonly dispatchersDie?: number;
  /** Messages of these kinds never arrive. */
  readonly lost?: readonly FiringMessage['kind'][];
  readonly lateMs?: number;
  readonly twice?: boolean;
  /** How many starts Lambda refuses. */
  readonly refusedStarts?: number;
  /** How many firings die, after those, before they have claimed anything. */
  readonly stillbornFirings?: number;
  /** Every process that runs so long before the opening dies. */
  readonly killedBefore?: number;
  /** How long after a full minute the sweep runs; absent if it does not. */
  readonly sweptAfter?: number;
};

type World = {
  readonly clock: VirtualClock;
  readonly engine: Documents;
  readonly prebookings: PrebookingStore;
  readonly deps: Omit<FireDeps, 'aimSetting'>;
  /** Runs the work of one process. Undefined stands for a process that has died. */
  readonly asProcess?: AsProcess;
};

export type AsProcess = <T>(name: 'prepare' | 'dispatch' | 'fire', work: () => Promise<T>) => Promise<T | undefined>;

/** After how long SQS delivers a message again that was not handled, in milliseconds (infra/constructs/firing-queue.ts). */
const VISIBILITY_TIMEOUT = 30 * SECOND;

/** How long a preparation may run, in milliseconds (infra/catalog/prebooking-functions.ts). */
const LAMBDA_ENDS = 180 * SECOND;

const unhurried = new AbortController().signal;
const published = async () => undefined;

/** Runs the functions, the queue and the sweep of pre-bookings, from their wake-ups to their ends, in virtual time. */
export class Pipeline {
  /** How many pre-bookings each start of a firing named. */
  readonly firings: number[] = [];
  readonly #world: World;
  readonly #faults: PipelineFaults;
  readonly #work = new Set<Promise<unknown>>();
  readonly #killed = new AbortController();
  #refusedStarts: number;
  #stillbornFirings: number;
  #dyingDispatchers: number;
  /** The messages under way, by the instant at which they arrive. */
  readonly #batches = new Map<Instant, ReceivedMessage[]>();
  #messages = 0;

  constructor(world: World, faults: PipelineFaults = {}) {
    this.#world = world;
    this.#faults = faults;
    this.#refusedStarts = faults.refusedStarts ?? 0;
    this.#stillbornFirings = faults.stillbornFirings ?? 0;
    this.#dyingDispatchers = faults.dispatchersDie ?? 0;
  }

  /** Runs everything from the wake-ups on, until nothing is left to do. An order whose wake-up is past was placed just now. */
  run(ordered: readonly Prebooking[], meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
    const { clock } = this.#world;
    const { wokenLateMs = 0, killedBefore, sweptAfter } = this.#faults;
    const [first] = ordered;
    if (!first) throw new Error('Nothing was ordered.');
    return clock.run(async () => {
      for (const one of ordered)
        this.#begin(() =>
          one.wakesAt < clock.now()
            ? this.#wakeUps.start(one, clock.now())
            : this.#at(one.wakesAt + wokenLateMs, () => this.#prepare(queuedWakeUp(one))),
        );
      if (killedBefore !== undefined)
        this.#begin(() => this.#at(first.opensAt - killedBefore, async () => this.#killed.abort(new Error('Killed.'))));
      if (sweptAfter !== undefined)
        for (let at = first.wakesAt - MINUTE; at < first.opensAt + GRACE; at += MINUTE)
          this.#begin(() => this.#at(Math.floor(at / MINUTE) * MINUTE + sweptAfter, () => this.#sweep()));
      this.#begin(meanwhile);
      while (this.#work.size > 0) await Promise.allSettled(this.#work);
    });
  }

  #begin(work: () => Promise<unknown>): void {
    const begun = work()
      .catch(() => undefined)
      .finally(() => this.#work.delete(begun));
    this.#work.add(begun);
  }

  async #at<T>(instant: Instant, work: () => Promise<T>): Promise<T> {
    const { clock } = this.#world;
    await clock.until(clock.monotonic() + Math.max(0, instant - clock.now()), unhurried);
    return work();
  }

  #asProcess: AsProcess = (name, work) => (this.#world.asProcess ? this.#world.asProcess(name, work) : work());

  /** The signal of a process that begins now: it aborts when the process is killed. */
  get #process(): AbortSignal {
    return this.#killed.signal.aborted ? unhurried : this.#killed.signal;
  }

  #open = (queued: QueuedWakeUp) => decryptWakeUp(async () => ({ keys: storeKeys }), queued);

  #prepare(queued: QueuedWakeUp): Promise<unknown> {
    const { deps, engine } = this.#world;
    const preparations = new PreparationWrites({ documents: engine, table: 'prebookings' });
    const preparing = { ...deps, preparations, queue: this.#queue, starter: this.#starter };
    return this.#asProcess('prepare', async () =>
      preparePrebooking(preparing, await this.#open(queued), this.#process),
    );
  }

  get #starter(): FunctionStarter {
    return {
      prepare: async (wakeUp) => this.#begin(() => this.#prepare(wakeUp)),
      fire: async (wakeUps) => {
        this.#refusedStarts -= 1;
        if (this.#refusedStarts >= 0) throw new Error('Lambda refuses.');
        this.#stillbornFirings -= 1;
        if (this.#stillbornFirings >= 0) return;
        this.firings.push(wakeUps.length);
        const signal = this.#process;
        for (const wakeUp of wakeUps)
          this.#begin(() =>
            this.#asProcess('fire', async () =>
              firePrebooking({ ...this.#world.deps, aimSetting: 'default' }, await this.#open(wakeUp), signal),
            ),
          );
      },
    };
  }

  get #queue(): FiringQueue {
    const { queueRefuses, queueHangs, lost = [], lateMs = 0, twice } = this.#faults;
    return {
      send: async (kind, prebooking, at) => {
        if (queueHangs) await this.#at(this.#world.clock.now() + LAMBDA_ENDS, async () => undefined);
        if (queueHangs) throw new Error('SQS hangs.');
        if (queueRefuses) throw new Error('SQS refuses.');
        if (lost.includes(kind)) return;
        const { box, opensAt } = prebooking;
        const message = { kind, ...queuedWakeUp(prebooking), box, opensAt };
        for (let copies = twice ? 2 : 1; copies > 0; copies -= 1) this.#enqueue(message, at + lateMs);
      },
    };
  }

  /** Lets a message arrive at an instant, in one batch with the others of that instant. */
  #enqueue(message: FiringMessage, at: Instant): void {
    const batch = this.#batches.get(at);
    this.#messages += 1;
    const received = { messageId: String(this.#messages), message };
    if (batch) return void batch.push(received);
    const begun = [received];
    this.#batches.set(at, begun);
    this.#begin(() => this.#at(at, () => this.#dispatch(begun)));
  }

  async #dispatch(received: readonly ReceivedMessage[]): Promise<void> {
    this.#dyingDispatchers -= 1;
    if (this.#dyingDispatchers >= 0)
      return this.#at(this.#world.clock.now() + VISIBILITY_TIMEOUT, () => this.#dispatch(received));
    const deps = { ...this.#world.deps, queue: this.#queue, starter: this.#starter, decryptWakeUp: this.#open };
    const patience = this.#world.clock.timeout(29 * SECOND);
    const failed = await this.#asProcess('dispatch', () => dispatchFirings(deps, received, patience));
    const again = received.filter(({ messageId }) => !failed || failed.includes(messageId));
    if (again.length > 0)
      this.#begin(() => this.#at(this.#world.clock.now() + VISIBILITY_TIMEOUT, () => this.#dispatch(again)));
  }

  get #wakeUps(): WakeUps {
    const target = { group: 'group', roleArn: 'role', prepareArn: 'prepare', deadLetterArn: 'queue' };
    return {
      ...wakeUps({ scheduler: new SchedulerClient({}), starter: this.#starter, target }),
      arm: async (one) => {
        this.#begin(() => this.#at(one.wakesAt, () => this.#prepare(queuedWakeUp(one))));
        return true;
      },
    };
  }

  #sweep(): Promise<unknown> {
    const { deps, prebookings } = this.#world;
    return sweep({ ...deps, prebookings, wakeUps: this.#wakeUps, publish: published }, unhurried);
  }
}
