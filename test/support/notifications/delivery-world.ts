import type { ServiceEvent } from '../../../lib/events/event-schemas.ts';
import type { Outcome } from '../../../lib/events/outcome.ts';
import {
  type ChannelAdapter,
  indexChannels,
  type Outgoing,
  type SendResult,
} from '../../../lib/notifications/channel.ts';
import type { Delivery } from '../../../lib/notifications/deliver.ts';
import { type MailResult, type MailText, mailChannel } from '../../../lib/notifications/mail.ts';
import type { DueMessage } from '../../../lib/notifications/message-record.ts';
import { NotificationsBody } from '../../../lib/notifications/notification-api.ts';
import type { ReceiverChannel, ReceiverSettings } from '../../../lib/notifications/notification-settings.ts';
import { type NotifyDeps, notify } from '../../../lib/notifications/notify.ts';
import { Outbox } from '../../../lib/notifications/outbox.ts';
import type { Resolver } from '../../../lib/notifications/public-address.ts';
import { receiverChannel, type SendTo } from '../../../lib/notifications/receiver-channel.ts';
import { type RetryCounts, retryNotifications } from '../../../lib/notifications/retry-notifications.ts';
import { type SavedSettings, setNotifications } from '../../../lib/notifications/set-notifications.ts';
import { SettingsStore } from '../../../lib/notifications/settings-store.ts';
import { telegramName } from '../../../lib/notifications/telegram.ts';
import { type TestResult, testNotifications } from '../../../lib/notifications/test-notifications.ts';
import type { Instant } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import type { Logger } from '../../../lib/platform/logger.ts';
import type { MetricValues } from '../../../lib/platform/metrics.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { statusAfter } from '../../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import { steppedClock, storeKeys } from '../sessions/session-world.ts';
import { loopback } from './receiver.ts';

const unhurried = new AbortController().signal;

export const HOOK = 'https://hooks.example.com/hook?key=of-the-member';

const PAGE = 'https://page.example.com';

let members = 0;

type Sent = { readonly url: string; readonly secret: string | null; readonly id: string; readonly body: string };

/** What a test replaces: how a channel sends, further channels, and other dependencies. */
type Replaced = Partial<NotifyDeps> & {
  readonly senders?: { readonly [channel in ReceiverChannel]?: SendTo };
  readonly adapters?: readonly ChannelAdapter[];
};

/** One member's notifications on a real engine, with a clock that a test moves, scripted receivers and scripted mail. */
export class NotifiedMember {
  readonly email: string;
  readonly clock = steppedClock();
  /** What was sent to the webhook. */
  readonly sent: Sent[] = [];
  /** What was sent to ntfy and Telegram. */
  readonly told: (Outgoing & { readonly to: string })[] = [];
  readonly mails: (MailText & { readonly to: string })[] = [];
  /** What was logged, each line as JSON. */
  readonly lines: string[] = [];
  /** The answers of the receivers and SES from now on. */
  webhookAnswer: SendResult = { kind: 'delivered' };
  answer: SendResult = { kind: 'delivered' };
  mailAnswer: MailResult = { kind: 'delivered' };
  readonly deps: NotifyDeps;
  readonly settings: SettingsStore;
  readonly #measured: MetricValues[] = [];
  #events = 0;

  constructor(documents: Documents, { senders = {}, adapters = [], ...more }: Replaced = {}) {
    members += 1;
    this.email = `notified-${members}@example.com`;
    this.settings = new SettingsStore({ documents, table: 'notifications' });
    const { settings } = this;
    const receivers = { settings, secrets: async () => ({ keys: storeKeys }) };
    this.deps = {
      settings,
      outbox: new OutboxOfOne(documents, this.email),
      channels: indexChannels(
        receiverChannel(receivers, { channel: 'webhook', send: senders.webhook ?? this.#webhook, isForPrograms: true }),
        mailChannel(settings, this.#mail),
        receiverChannel(receivers, { channel: 'ntfy', send: senders.ntfy ?? this.#tell }),
        receiverChannel(receivers, { channel: 'telegram', send: senders.telegram ?? this.#tell, nameOf: telegramName }),
        ...adapters,
      ),
      pageOrigin: PAGE,
      clock: this.clock,
      random: () => 0.5,
      logger: loggerInto(this.lines),
      measure: (one) => void this.#measured.push(one),
      prebookings: new PrebookingStore({ documents, table: 'prebookings', clock: this.clock }),
      zoneOf: () => 'Europe/Madrid',
      findBoxName: async () => 'CrossFit Demo',
      isDeleted: async () => false,
      ...more,
    };
  }

  #webhook: SendTo = async ({ address: url, secret }, { eventId: id, body }) => {
    this.sent.push({ url, secret, id, body: body ?? '' });
    return this.webhookAnswer;
  };

  #mail = async (to: string, { subject, text }: MailText) => {
    this.mails.push({ to, subject, text });
    return this.mailAnswer;
  };

  #tell: SendTo = async ({ address: to }, message) => {
    this.told.push({ to, ...message });
    return this.answer;
  };

  /** Sums a metric. */
  counted(name: keyof MetricValues): number {
    return this.#measured.reduce((sum, one) => sum + (one[name] ?? 0), 0);
  }

  set(
    body: object,
    setDeps: { sendsMail?: boolean; resolver?: Resolver; privateHosts?: ReadonlySet<string> } = {},
  ): Promise<SavedSettings> {
    const common = { settings: this.settings, secrets: async () => ({ keys: storeKeys }), clock: systemClock };
    return setNotifications(
      { ...common, resolver: loopback, sendsMail: true, privateHosts: new Set(), ...setDeps },
      this.email,
      NotificationsBody.parse(body),
      unhurried,
    );
  }

  webhook(): Promise<ReceiverSettings | null> {
    return this.receiver('webhook');
  }

  async receiver(channel: ReceiverChannel): Promise<ReceiverSettings | null> {
    return (await this.settings.find(this.email))?.[channel] ?? null;
  }

  /** Creates a new event about this member. */
  event(outcome: Outcome = 'booked'): ServiceEvent {
    this.#events += 1;
    return bookedEvent(this.email, `${this.email.replaceAll(/\W/g, '')}-${this.#events}`, outcome);
  }

  /** @param acceptedAt when the bus accepted the event. */
  notify(event: ServiceEvent, acceptedAt: Instant = this.clock.now()): Promise<readonly Delivery[]> {
    return notify(this.deps, { event, acceptedAt }, unhurried);
  }

  test(): Promise<TestResult> {
    return testNotifications(this.deps, this.email, unhurried);
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

const TYPES = {
  booked: 'PreBooking Booked',
  waitlisted: 'PreBooking Waitlisted',
  failed: 'PreBooking Failed',
} as const;

const bookedEvent = (email: string, eventId: string, outcome: Outcome): ServiceEvent => ({
  type: TYPES[statusAfter(outcome)],
  detail: {
    ...{ version: '1', eventId, email, prebookingId: 'e', box: 'crossfit-demo', day: '2026-03-21', classId: '42' },
    ...{ familyId: null, className: 'WOD', outcome, bookingId: null, message: null, latenessMs: 3, shots: 1 },
    isAnswered: false,
    classStartsAt: '2026-03-21T18:30:00.000Z',
    opensAt: '2026-03-20T11:59:00.000Z',
  },
});
