import type { Clock, Instant } from '../../lib/platform/clock.ts';
import { scheduleArn } from './schedule-request.ts';
import type { Schedule, ScheduleStore } from './schedule-store.ts';

/** Delivers a wake-up. Resolves when the function's invocation is accepted, and rejects if the invocation is refused. */
export type Deliver = (functionArn: string, input: string) => Promise<void>;

/** The longest delay that `setTimeout` accepts, in milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

/** Delivers the schedules of a store when they are due. */
export class ScheduleDelivery {
  readonly #store: ScheduleStore;
  readonly #deliver: Deliver;
  readonly #clock: Clock;
  /**
   * ARNs of schedules that are being delivered. A schedule stays in the store until its delivery is accepted or refused: if the
   * process ends before, the wake-up is delivered again at the next start.
   */
  readonly #delivering = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(store: ScheduleStore, deliver: Deliver, clock: Clock) {
    this.#store = store;
    this.#deliver = deliver;
    this.#clock = clock;
  }

  /** Sets the timer for the next due schedule. */
  setTimer(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    const next = this.#store.listNext(this.#delivering.size + 1).find((schedule) => this.#isWaiting(schedule));
    if (!next) return;
    const delay = Math.min(Math.max(0, next.dueAt - this.#clock.now()), MAX_TIMER);
    this.#timer = setTimeout(() => this.#deliverDue(this.#clock.now()), delay);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #deliverDue(now: Instant): void {
    for (const schedule of this.#store.listDue(now)) if (this.#isWaiting(schedule)) void this.#deliverOne(schedule);
    this.setTimer();
  }

  async #deliverOne(schedule: Schedule): Promise<void> {
    const arn = scheduleArn(schedule);
    this.#delivering.add(arn);
    // If the invocation is refused, the wake-up is lost, as on AWS after the last retry. The sweep then recovers the pre-booking.
    await this.#deliver(schedule.targetArn, schedule.input).catch(() => undefined);
    this.#delivering.delete(arn);
    if (this.#isStopped) return;
    this.#store.removeDelivered(schedule);
    // Another schedule that was created under this name meanwhile has waited for the end of this delivery.
    this.setTimer();
  }

  #isWaiting(schedule: Schedule): boolean {
    return !this.#delivering.has(scheduleArn(schedule));
  }
}
