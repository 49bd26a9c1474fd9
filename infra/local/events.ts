import { join } from 'node:path';
import type { Clock } from '../../lib/platform/clock.ts';
import type { Environment } from '../../lib/platform/environment.ts';
import { DATA_FILES } from './data-files.ts';
import { createEventRule, type EventRuleOptions } from './event-rule.ts';
import { type AcceptedEvent, startEventBus } from './eventbridge.ts';
import { startInbox } from './inbox.ts';
import { BUS_NAME } from './installation.ts';
import { keepNewest } from './keep-newest.ts';
import type { SendMail } from './smtp.ts';

export type EventsOptions = {
  /** The folder that keeps events and messages; without it they are in memory. */
  readonly dataDir?: string;
  /** The service's settings; the inbox needs the time zones of the boxes. */
  readonly settings?: Environment;
  /** Sends mail; without it, mail stays in the inbox. */
  readonly sendMail?: SendMail | undefined;
  readonly invoke: EventRuleOptions['invoke'];
  readonly log: (line: string) => void;
  readonly clock: Clock;
};

/** Starts the bus, the bus's rule, and the inbox, which shows the events and the mails that do not leave this machine. */
export async function startEvents({ dataDir, settings = {}, sendMail, invoke, log, clock }: EventsOptions) {
  const accepted: AcceptedEvent[] = [];
  const events: readonly AcceptedEvent[] = accepted;
  const rule = createEventRule({
    ...(dataDir !== undefined && { path: join(dataDir, DATA_FILES.events) }),
    invoke,
    clock,
  });
  const inbox = await startInbox({
    ...(dataDir !== undefined && { path: join(dataDir, DATA_FILES.inbox), sentPath: join(dataDir, DATA_FILES.sent) }),
    settings,
    sendMail,
    log,
    clock,
  });
  const bus = await startEventBus({
    name: BUS_NAME,
    deliver(event) {
      keepNewest(accepted, event);
      // The event's details name the member, so only its type is logged.
      log(JSON.stringify({ level: 'INFO', event: 'published', type: event.detailType }));
      const envelope = rule.deliver(event);
      inbox.addEvent(envelope);
    },
  });
  return {
    bus,
    rule,
    inbox,
    /** The events that the bus has accepted, the oldest first. Only the newest 1,000 are kept. */
    events,
  };
}
