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
  readonly settings?: Environment;
  readonly sendMail?: SendMail | undefined;
  readonly invoke: EventRuleOptions['invoke'];
  readonly log: (line: string) => void;
  readonly clock: Clock;
};

/** Starts the bus, the bus's rule, and the inbox, which shows the messages to members. */
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
      inbox.addEvent(rule.deliver(event));
    },
  });
  return { bus, rule, inbox, events };
}
