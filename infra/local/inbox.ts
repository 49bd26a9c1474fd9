import { timezoneOf, timezonesFrom } from '../../lib/boxes/settings.ts';
import type { Clock } from '../../lib/platform/clock.ts';
import type { Environment } from '../../lib/platform/environment.ts';
import type { IsDeleted } from '../../lib/sessions/tombstones.ts';
import type { EventEnvelope } from './event-rule.ts';
import { createInboxPage } from './inbox-page.ts';
import { openInboxStore } from './inbox-store.ts';
import { keepNewest } from './keep-newest.ts';
import type { Mail } from './mail.ts';
import { startSes } from './ses.ts';
import type { SendMail } from './smtp.ts';

export type InboxOptions = {
  /** The file with the inbox's entries; without it they are in memory. */
  readonly path?: string;
  /** The file with the hashes of the mails that were sent last; without it they are in memory. */
  readonly sentPath?: string;
  /** The service's settings. `BOX_TIMEZONES` decides in which time zone a class is shown. */
  readonly settings: Environment;
  /** Sends mail; without it, mail stays in the inbox. */
  readonly sendMail?: SendMail | undefined;
  readonly log: (line: string) => void;
  readonly clock: Clock;
};

/** Starts the local SES, and the inbox: a page that shows the bus's events, and the mails that do not leave this machine. */
export async function startInbox({ path = ':memory:', sentPath, settings, sendMail, log, clock }: InboxOptions) {
  const timezones = timezonesFrom(settings);
  const store = openInboxStore(path);
  const page = createInboxPage({ store, now: clock.now, zoneOf: (box) => timezoneOf({ timezones }, box), log });
  const accepted: Mail[] = [];
  const ses = await startSes({
    async deliver(mail, from) {
      if (sendMail) await sendMail(mail, from);
      else page.addMail(mail);
      keepNewest(accepted, mail);
    },
    clock,
    ...(sentPath !== undefined && { sentPath }),
  });
  const mails: readonly Mail[] = accepted;
  return {
    /** The endpoint of SES. */
    endpoint: ses.endpoint,
    /** The mails that SES has accepted, the oldest first. Only the newest 1,000 are kept. */
    mails,
    refuseMail: ses.refuse,
    addEvent(envelope: EventEnvelope): void {
      try {
        page.addEvent(envelope);
      } catch {
        log(JSON.stringify({ level: 'ERROR', event: 'inbox-failed', type: envelope['detail-type'] }));
      }
    },
    /** Deletes the entries of members whose accounts are deleted. */
    async forgetDeleted(isDeleted: IsDeleted): Promise<void> {
      for (const member of store.listMembers()) if (await isDeleted(member)) store.forget(member);
    },
    serve: page.serve,
    stop() {
      ses.stop();
      store.close();
    },
  };
}
