import type { ServiceEvent } from '../../../lib/events/event-schemas.ts';
import type { Outcome } from '../../../lib/events/outcome.ts';
import type { DeliverDeps } from '../../../lib/notifications/deliver.ts';
import type { MailSent } from '../../../lib/notifications/mail.ts';
import type { Message } from '../../../lib/notifications/message.ts';
import { NotificationsBody } from '../../../lib/notifications/notification-api.ts';
import { type NotifyDeps, notify } from '../../../lib/notifications/notify.ts';
import { outbox } from '../../../lib/notifications/outbox.ts';
import type { Resolver } from '../../../lib/notifications/public-address.ts';
import { retryNotifications } from '../../../lib/notifications/retry-notifications.ts';
import { setNotifications } from '../../../lib/notifications/set-notifications.ts';
import { settingsStore } from '../../../lib/notifications/settings-store.ts';
import type { Payload, Sent, Target } from '../../../lib/notifications/webhook.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import type { Logger } from '../../../lib/platform/logger.ts';
import type { Measured } from '../../../lib/platform/metrics.ts';
import { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import { steppedClock, storeKeys } from '../sessions/session-world.ts';
import { loopback } from './receiver.ts';

const unhurried = new AbortController().signal;

export const HOOK = 'https://hooks.example.com/hook?key=of-the-member';

let members = 0;

/** One member's notifications on a real engine, with a clock that a test moves, a scripted receiver and scripted mail. */
export function newTelling(documents: Documents, more: Partial<NotifyDeps> = {}) {
  members += 1;
  const email = `told-${members}@example.com`;
  const clock = steppedClock();
  const sent: (Target & Payload)[] = [];
  const mails: (Message & { readonly to: string })[] = [];
  const lines: string[] = [];
  const measured: Measured[] = [];
  let answer: Sent = { kind: 'delivered' };
  let mailAnswer: MailSent = { kind: 'delivered' };
  const write = (event: string, ...rest: unknown[]) => void lines.push(JSON.stringify([event, ...rest.map(plain)]));
  const logger: Logger = { info: write, warn: write, error: write };
  const settings = settingsStore({ documents, table: 'notifications' });
  const secrets = async () => ({ keys: storeKeys });
  const deps: NotifyDeps = {
    settings,
    outbox: outbox({ documents, table: 'messages' }),
    secrets,
    sendWebhook: async (target, payload) => {
      sent.push({ ...target, ...payload });
      return answer;
    },
    sendMail: async (to, { subject, text }) => {
      mails.push({ to, subject, text });
      return mailAnswer;
    },
    clock,
    random: () => 0.5,
    logger,
    measure: (one) => void measured.push(one),
    prebookings: new PrebookingStore({ documents, table: 'prebookings', clock }),
    zoneOf: () => 'Europe/Madrid',
    ...more,
  };
  let events = 0;

  return {
    email,
    clock,
    deps,
    sent,
    mails,
    lines,
    /** How often something was counted, by the metric's name. */
    counted: (name: keyof Measured) => measured.reduce((sum, one) => sum + (one[name] ?? 0), 0),
    answers(next: Sent) {
      answer = next;
    },
    mailAnswers(next: MailSent) {
      mailAnswer = next;
    },
    set: (body: object, setDeps: { sendsMail?: boolean; resolver?: Resolver } = {}) =>
      setNotifications(
        { settings, secrets, resolver: loopback, sendsMail: true, ...setDeps },
        email,
        NotificationsBody.parse(body),
      ),
    webhook: async () => (await settings.find(email))?.webhook ?? null,
    /** An event about this member, another one each time. */
    event(outcome: Outcome = 'booked'): ServiceEvent {
      events += 1;
      return bookedEvent(email, `${email.replaceAll(/\W/g, '')}-${events}`, outcome);
    },
    notify: (event: ServiceEvent) => notify(deps, { event, at: clock.now() }, unhurried),
    /** The minute's run for this member alone. */
    retry: (lastStart = clock.monotonic()) => retryNotifications(onlyOf(email, deps), lastStart, unhurried),
  };
}

const plain = (value: unknown) => (value instanceof Error ? value.message : value);

/** Other tests use the same tables. */
const onlyOf = (email: string, deps: NotifyDeps): DeliverDeps => ({
  ...deps,
  outbox: {
    ...deps.outbox,
    async *due(shard, now) {
      for await (const one of deps.outbox.due(shard, now)) if (one.email === email) yield one;
    },
  },
});

const bookedEvent = (email: string, eventId: string, outcome: Outcome): ServiceEvent => ({
  type: outcome === 'booked' ? 'PreBooking Booked' : 'PreBooking Failed',
  detail: {
    ...{ version: '1', eventId, email, prebookingId: 'e', box: 'crossfit-demo', day: '2026-03-21', classId: '42' },
    ...{ familyId: null, className: 'WOD', outcome, bookingId: null, message: null, latenessMs: 3, shots: 1 },
    classStartsAt: '2026-03-21T18:30:00.000Z',
    opensAt: '2026-03-20T11:59:00.000Z',
  },
});
