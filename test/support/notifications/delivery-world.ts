import type { ServiceEvent } from '../../../lib/events/event-schemas.ts';
import type { Outcome } from '../../../lib/events/outcome.ts';
import type { Delivery } from '../../../lib/notifications/deliver.ts';
import type { MailResult } from '../../../lib/notifications/mail.ts';
import type { Message } from '../../../lib/notifications/message.ts';
import { NotificationsBody } from '../../../lib/notifications/notification-api.ts';
import type { Webhook } from '../../../lib/notifications/notification-settings.ts';
import { type NotifyDeps, notify } from '../../../lib/notifications/notify.ts';
import { type DueMessage, Outbox } from '../../../lib/notifications/outbox.ts';
import type { Resolver } from '../../../lib/notifications/public-address.ts';
import { type RetryCounts, retryNotifications } from '../../../lib/notifications/retry-notifications.ts';
import { type SavedSettings, setNotifications } from '../../../lib/notifications/set-notifications.ts';
import { SettingsStore } from '../../../lib/notifications/settings-store.ts';
import type { Payload, Target, WebhookResult } from '../../../lib/notifications/webhook.ts';
import type { Instant } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import type { Logger } from '../../../lib/platform/logger.ts';
import type { MetricValues } from '../../../lib/platform/metrics.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import { steppedClock, storeKeys } from '../sessions/session-world.ts';
import { loopback } from './receiver.ts';

const unhurried = new AbortController().signal;

export const HOOK = 'https://hooks.example.com/hook?key=of-the-member';

let members = 0;

/** One member's notifications on a real engine, with a clock that a test moves, a scripted receiver and scripted mail. */
export class NotifiedMember {
  readonly email: string;
  readonly clock = steppedClock();
  readonly sent: (Target & Payload)[] = [];
  readonly mails: (Message & { readonly to: string })[] = [];
  /** What was logged, each line as JSON. */
  readonly lines: string[] = [];
  /** The answers of the receiver and SES from now on. */
  webhookAnswer: WebhookResult = { kind: 'delivered' };
  mailAnswer: MailResult = { kind: 'delivered' };
  readonly deps: NotifyDeps;
  readonly #measured: MetricValues[] = [];
  #events = 0;

  constructor(documents: Documents, more: Partial<NotifyDeps> = {}) {
    members += 1;
    this.email = `notified-${members}@example.com`;
    this.deps = {
      settings: new SettingsStore({ documents, table: 'notifications' }),
      outbox: new OutboxOfOne(documents, this.email),
      secrets: async () => ({ keys: storeKeys }),
      sendWebhook: async (target, payload) => {
        this.sent.push({ ...target, ...payload });
        return this.webhookAnswer;
      },
      sendMail: async (to, { subject, text }) => {
        this.mails.push({ to, subject, text });
        return this.mailAnswer;
      },
      clock: this.clock,
      random: () => 0.5,
      logger: loggerInto(this.lines),
      measure: (one) => void this.#measured.push(one),
      prebookings: new PrebookingStore({ documents, table: 'prebookings', clock: this.clock }),
      zoneOf: () => 'Europe/Madrid',
      isDeleted: async () => false,
      ...more,
    };
  }

  /** Sums a metric. */
  counted(name: keyof MetricValues): number {
    return this.#measured.reduce((sum, one) => sum + (one[name] ?? 0), 0);
  }

  set(body: object, setDeps: { sendsMail?: boolean; resolver?: Resolver } = {}): Promise<SavedSettings> {
    const { settings, secrets } = this.deps;
    return setNotifications(
      { settings, secrets, resolver: loopback, clock: systemClock, sendsMail: true, ...setDeps },
      this.email,
      NotificationsBody.parse(body),
      unhurried,
    );
  }

  async webhook(): Promise<Webhook | null> {
    return (await this.deps.settings.find(this.email))?.webhook ?? null;
  }

  /** Creates a new event about this member. */
  event(outcome: Outcome = 'booked'): ServiceEvent {
    this.#events += 1;
    return bookedEvent(this.email, `${this.email.replaceAll(/\W/g, '')}-${this.#events}`, outcome);
  }

  notify(event: ServiceEvent): Promise<readonly Delivery[]> {
    return notify(this.deps, { event, acceptedAt: this.clock.now() }, unhurried);
  }

  /** Runs the retries of a minute, for this member only. */
  retry(lastStart: Instant = this.clock.monotonic()): Promise<RetryCounts> {
    return retryNotifications(this.deps, lastStart, unhurried);
  }
}

/** Shows the due messages of one member, because other tests use the same table. */
class OutboxOfOne extends Outbox {
  readonly #email: string;

  constructor(documents: Documents, email: string) {
    super({ documents, table: 'messages' });
    this.#email = email;
  }

  override async *findDue(shard: number, now: Instant): AsyncGenerator<DueMessage, undefined> {
    for await (const one of super.findDue(shard, now)) if (one.email === this.#email) yield one;
    return undefined;
  }
}

function loggerInto(lines: string[]): Logger {
  const plain = (value: unknown) => (value instanceof Error ? value.message : value);
  const write = (event: string, ...rest: unknown[]) => void lines.push(JSON.stringify([event, ...rest.map(plain)]));
  return { info: write, warn: write, error: write };
}

const bookedEvent = (email: string, eventId: string, outcome: Outcome): ServiceEvent => ({
  type: outcome === 'booked' ? 'PreBooking Booked' : 'PreBooking Failed',
  detail: {
    ...{ version: '1', eventId, email, prebookingId: 'e', box: 'crossfit-demo', day: '2026-03-21', classId: '42' },
    ...{ familyId: null, className: 'WOD', outcome, bookingId: null, message: null, latenessMs: 3, shots: 1 },
    classStartsAt: '2026-03-21T18:30:00.000Z',
    opensAt: '2026-03-20T11:59:00.000Z',
  },
});
