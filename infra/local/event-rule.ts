import { timezoneOf, timezonesFrom } from '../../lib/boxes/settings.ts';
import type { Clock } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import type { Environment } from '../../lib/platform/environment.ts';
import { functionsByName } from '../catalog/functions.ts';
import type { AcceptedEvent } from './eventbridge.ts';
import { inboxPage } from './inbox-page.ts';
import { type Mail, startSes } from './ses.ts';

const STARTED_BY_EVENTS = [...functionsByName].flatMap(([name, { onEvents }]) => (onEvents ? [name] : []));

/** What tells members on this machine: the rule of the bus, SES, and the page that shows it all. */
export async function startEventRule({
  settings,
  invoke,
  log,
  clock,
}: {
  readonly settings: Environment;
  /** Starts a function; whatever comes of it is logged. */
  readonly invoke: (name: string, event: unknown) => Promise<unknown>;
  readonly log: (line: string) => void;
  readonly clock: Clock;
}) {
  const timezones = timezonesFrom(settings);
  const page = inboxPage({ now: clock.now, zoneOf: (box) => timezoneOf({ timezones }, box), log });
  const mails: Mail[] = [];
  const { endpoint, refuse, stop } = await startSes((mail) => {
    mails.push(mail);
    page.addMail(mail);
  });
  const started = new Set<Promise<unknown>>();

  return {
    endpoint,
    /** As the rule does: asynchronously, to whoever is started by events. */
    handOver({ id, source, detailType, detail }: AcceptedEvent): void {
      const envelope = { version: '0', id, source, 'detail-type': detailType, time: toIso(clock.now()), detail };
      for (const name of STARTED_BY_EVENTS) {
        const invoked = invoke(name, envelope).finally(() => started.delete(invoked));
        started.add(invoked);
      }
      try {
        page.addEvent(envelope);
      } catch {
        log(JSON.stringify({ level: 'ERROR', event: 'not-shown', type: detailType }));
      }
    },
    /** Waits until whoever is started by events has ended. */
    told: async (): Promise<void> => {
      await Promise.all(started);
    },
    /** What was sent by mail, in order. */
    mails: mails as readonly Mail[],
    refuseMail: refuse,
    serve: page.serve,
    stop,
  };
}
