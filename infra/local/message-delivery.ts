import { type Clock, SECOND } from '../../lib/platform/clock.ts';
import { isDue, type Message, type MessageStore } from './message-store.ts';

/** Hands a batch to its function. @returns the ids of the messages that failed. */
export type DeliverBatch = (messages: readonly Pick<Message, 'id' | 'body'>[]) => Promise<readonly string[]>;

/** How many messages a batch has at most, and how often a message is delivered at most (constructs/firing-queue.ts). */
const BATCH_SIZE = 10;
const MAX_RECEIVES = 3;

/** After how long a message that failed is delivered again, in milliseconds. */
const VISIBILITY_TIMEOUT = 30 * SECOND;

/** How many messages are read at once, besides those that are being delivered. */
const WINDOW = 1_000;

/** The longest delay that `setTimeout` accepts, in milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

/**
 * Delivers the messages of a store when they are due. A message stays in the store until it is handled: if the process dies, it
 * may come twice, but none is lost.
 */
export class MessageDelivery {
  readonly #store: MessageStore;
  readonly #deliver: DeliverBatch;
  readonly #clock: Clock;
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
    const [next] = this.#waiting(1);
    if (!next) return;
    const delay = Math.min(Math.max(0, next.dueAt - this.#clock.now()), MAX_TIMER);
    this.#timer = setTimeout(() => this.#deliverDue(), delay);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #waiting(count: number): readonly Message[] {
    return this.#store.next(this.#delivering.size + count).filter(({ id }) => !this.#delivering.has(id));
  }

  #deliverDue(): void {
    const due = this.#waiting(WINDOW).filter((message) => isDue(message, this.#clock.now()));
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
    // On AWS, a message that was received too often goes to a dead-letter queue.
    if (!hasFailed || receives >= MAX_RECEIVES) this.#store.remove(message.id);
    else this.#store.put({ ...message, receives, dueAt: this.#clock.now() + VISIBILITY_TIMEOUT });
  }
}
