import { timezoneOf, timezonesFrom } from '../../lib/boxes/settings.ts';
import type { Clock } from '../../lib/platform/clock.ts';
import type { Environment } from '../../lib/platform/environment.ts';
import type { EventEnvelope } from './event-rule.ts';
import { inboxPage } from './inbox-page.ts';
import { keepNewest } from './keep-newest.ts';
import { type Mail, startSes } from './ses.ts';

export type InboxOptions = {
  readonly settings: Environment;
  readonly log: (line: string) => void;
  readonly clock: Clock;
};

/** Starts SES, and the page that shows its accepted mails and the events of the bus. */
export async function startInbox({ settings, log, clock }: InboxOptions) {
  const timezones = timezonesFrom(settings);
  const page = inboxPage({ now: clock.now, zoneOf: (box) => timezoneOf({ timezones }, box), log });
  const accepted: Mail[] = [];
  const { endpoint, refuse, stop } = await startSes((mail) => {
    keepNewest(accepted, mail);
    page.addMail(mail);
  });
  const mails: readonly Mail[] = accepted;
  return {
    /** The endpoint of SES. */
    endpoint,
    /** The mails that SES has accepted, the oldest first; of very many, the newest. */
    mails,
    refuseMail: refuse,
    addEvent(envelope: EventEnvelope): void {
      try {
        page.addEvent(envelope);
      } catch {
        log(JSON.stringify({ level: 'ERROR', event: 'inbox-failed', type: envelope['detail-type'] }));
      }
    },
    serve: page.serve,
    stop,
  };
}
