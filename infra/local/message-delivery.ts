import { type Clock, SECOND } from '../../lib/platform/clock.ts';
import { isDue, type Message, type MessageStore } from './message-store.ts';

/** Invokes the queue's function with a batch. @returns the ids of the messages that failed. */
export type DeliverBatch = (messages: readonly Pick<Message, 'id' | 'body'>[]) => Promise<readonly string[]>;

/** The most messages of a batch, and the most deliveries of a message, as on AWS (constructs/firing-queue.ts). */
const BATCH_SIZE = 10;
const MAX_RECEIVES = 3;

/** A failed message is delivered again after this time, in milliseconds. */
const VISIBILITY_TIMEOUT = 30 * SECOND;

/** How many messages are read at once, besides those that are being delivered. */
const MAX_READ = 1_000;

/** The longest delay that `setTimeout` accepts, in milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

/**
 * Delivers the messages of a store when they are due. A message stays in the store until its delivery has ended. So if the process
 * dies, a message may be delivered twice, but no message is lost.
 */
export class MessageDelivery {
  readonly #store: MessageStore;
  readonly #deliver: DeliverBatch;
  readonly #clock: Clock;
  /** The ids of the messages that are being delivered. */
  readonly #delivering = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(store: MessageStore, deliver: DeliverBatch, clock: Clock) {
    this.#store = store;
    this.#deliver = deliver;
    this.#clock = clock;
  }

  /** Sets the timer for the message that is due next. */
  setTimer(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    const [next] = this.#listWaiting(1);
    if (!next) return;
    const delay = Math.min(Math.max(0, next.dueAt - this.#clock.now()), MAX_TIMER);
    this.#timer = setTimeout(() => this.#deliverDue(), delay);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Lists up to `count` messages that are due first and are not being delivered. */
  #listWaiting(count: number): readonly Message[] {
    return this.#store.next(this.#delivering.size + count).filter(({ id }) => !this.#delivering.has(id));
  }

  #deliverDue(): void {
    const due = this.#listWaiting(MAX_READ).filter((message) => isDue(message, this.#clock.now()));
    for (let from = 0; from < due.length; from += BATCH_SIZE)
      void this.#deliverBatch(due.slice(from, from + BATCH_SIZE));
    this.setTimer();
  }

  async #deliverBatch(batch: readonly Message[]): Promise<void> {
    for (const { id } of batch) this.#delivering.add(id);
    const failed = new Set(await this.#deliver(batch).catch(() => batch.map(({ id }) => id)));
    for (const message of batch) {
      this.#delivering.delete(message.id);
      if (!this.#isStopped) this.#complete(message, failed.has(message.id));
    }
    this.setTimer();
  }

  #complete(message: Message, hasFailed: boolean): void {
    const receives = message.receives + 1;
    // A message that has failed too often is lost here. On AWS, it goes to a dead-letter queue.
    if (!hasFailed || receives >= MAX_RECEIVES) this.#store.remove(message.id);
    else this.#store.put({ ...message, receives, dueAt: this.#clock.now() + VISIBILITY_TIMEOUT });
  }
}
