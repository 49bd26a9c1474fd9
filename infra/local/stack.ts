import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Origins } from '../../lib/aimharder/origins.ts';
import type { Clock, Instant } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { Tombstones } from '../../lib/sessions/tombstones.ts';
import {
  type EnvironmentValues,
  environmentFor,
  type FunctionDefinition,
  type Setting,
} from '../catalog/function-definition.ts';
import { functionsByName } from '../catalog/functions.ts';
import { type GatewayOptions, startGateway } from './api-gateway.ts';
import { DATA_FILES } from './data-files.ts';
import { documentsAt } from './dynamodb.ts';
import { startEvents } from './events.ts';
import { startFiringQueue } from './firing-queue.ts';
import { ProtectedServices } from './iam.ts';
import { installationValues, lambdaVariables, SCHEDULE_GROUP } from './installation.ts';
import { startLambda } from './lambda.ts';
import { SHARED_THREADS } from './lambda-threads.ts';
import type { MovableClock } from './movable-clock.ts';
import { type Reach, THIS_MACHINE } from './reach.ts';
import { startScheduler } from './scheduler.ts';
import type { SecretDocuments } from './secrets-manager.ts';
import type { SendMail } from './smtp.ts';
import { isForwarded } from './source-address.ts';
import { startStores } from './stores.ts';

export type StackOptions = {
  /** The port of the API; by default a free one. */
  readonly port?: number;
  /** The address that the API listens on, and who can reach it; by default only this machine. */
  readonly reach?: Reach;
  /** The folder of the data. Without it, the data is in memory. */
  readonly dataDir?: string;
  /** Called when the disk has failed a write of the database. From then on, every request to the database fails. */
  readonly onFailedWrite?: (error: Error) => void;
  /** The endpoint of a running DynamoDB engine. Without it, the stack starts one. */
  readonly dynamodbEndpoint?: string;
  /** The folder of the functions' bundles (infra/bundle/bundle-functions.ts). */
  readonly bundles: string;
  /** AimHarder's addresses. */
  readonly origins: Origins;
  readonly secrets: SecretDocuments;
  /** Settings, which the functions get as environment variables. */
  readonly settings?: Readonly<Partial<Record<Setting, string>>>;
  /** The origins whose pages may use the API; none by default. */
  readonly corsOrigins?: readonly string[];
  /** How late wake-ups may come, in milliseconds; by default up to 59 s. */
  readonly maxLatenessMs?: number;
  /** Whether the functions share a few threads, for a machine with little memory. */
  readonly sharesThreads?: boolean;
  /** Whether to start the functions that run every minute; true by default. */
  readonly startsRecurring?: boolean;
  readonly log: (line: string) => void;
  /** For tests: the clock of the stack and its functions. `skipTo` moves it. */
  readonly clock?: MovableClock;
  /** Sends mail; without it, mail stays in the inbox. */
  readonly sendMail?: SendMail | undefined;
  /** The address that mail comes from. */
  readonly mailFrom?: string | undefined;
  /** Serves the pages that only the local stack has. @returns false for any other request. */
  readonly serveLocalPage?: (request: IncomingMessage, response: ServerResponse) => boolean;
};

/** Invokes a function and waits for its end. Logs a failure; the promise never rejects. */
type Invoke = (name: string, event: unknown) => Promise<void>;

/** The functions that a schedule starts every minute. */
const EVERY_MINUTE = [...functionsByName].flatMap(([name, { everyMinute }]) => (everyMinute ? [name] : []));

/**
 * Starts the whole service on this machine. The functions call the local services, because environment variables give the SDK their
 * endpoints.
 */
export async function startStack(options: StackOptions) {
  const clock = options.clock ?? systemClock;
  const values: EnvironmentValues & { PUBLIC_URL?: string } = {
    ...options.settings,
    ...installationValues(options.origins),
    ...mailValues(options),
  };
  const services = new ProtectedServices(values);
  const { lambda, invoke } = await startFunctions(options, values, services);
  const stores = await startStores(options);
  const { bus, rule, inbox, events } = await startEvents({ ...options, clock, invoke: lambda.invoke });
  await services.addAll({
    dynamodb: stores.database.server ?? stores.database.endpoint,
    secretsmanager: stores.secrets.endpoint,
    events: bus.endpoint,
    ses: inbox.endpoint,
    lambda: lambda.endpoint,
  });
  const tombstones = new Tombstones({ documents: documentsAt(stores.database.endpoint), table: 'tombstones' });
  const scheduler = await startSchedules(options, invoke, clock, () => inbox.forgetDeleted(tombstones.isRaised));
  const queue = await startFiringQueue({ ...inDataDir(options, DATA_FILES.messages), lambda, clock });
  await services.addAll({ scheduler: scheduler.endpoint, sqs: queue.endpoint });
  const gateway = await startApi(options, { clock, inbox, invoke: lambda.invoke, values });
  values.PUBLIC_URL ??= gateway.url;
  // Delivers the events that an earlier process accepted but did not deliver.
  rule.startDue();

  return {
    url: gateway.url,
    endpoints: {
      dynamodb: stores.database.endpoint,
      scheduler: scheduler.endpoint,
      lambda: lambda.endpoint,
      secrets: stores.secrets.endpoint,
    },
    invoke: lambda.invoke,
    sweep: () => invoke('sweep', { scheduledTime: toIso(clock.now()) }),
    schedules: (prefix: string) => scheduler.names(SCHEDULE_GROUP, prefix),
    /** Lists the contents of the schedules and of the queue's messages, as text. */
    queued: () => [...scheduler.inputs(SCHEDULE_GROUP), ...queue.bodies()],
    refuseSchedules: scheduler.refuse,
    /** The events that the bus has accepted, the oldest first. Only the newest 1,000 are kept. */
    events,
    refuseEvents: bus.refuse,
    eventRule: rule,
    inbox,
    skipTo: (instant: Instant) => skipTo(instant, options.clock, { lambda, timers: [scheduler, queue] }),
    async stop() {
      gateway.stop();
      scheduler.stop();
      queue.stop();
      rule.stop();
      await lambda.stop();
      bus.stop();
      services.stop();
      inbox.stop();
      await stores.stop();
    },
  };
}

/** Starts Lambda. A function gets its variables when its worker starts, so services may be added after this call. */
async function startFunctions(
  { bundles, log, clock, sharesThreads }: StackOptions,
  values: EnvironmentValues,
  services: ProtectedServices,
) {
  const lambda = await startLambda({
    bundles,
    environmentOf: (name) => ({
      ...lambdaVariables(name),
      ...services.variables,
      ...environmentFor(findFunction(name), values),
    }),
    log,
    clock,
    ...(sharesThreads && { threads: SHARED_THREADS }),
  });
  const invoke: Invoke = async (name, event) => {
    await lambda
      .invoke(name, event)
      .catch(() => log(JSON.stringify({ level: 'ERROR', event: 'invocation-failed', function: name })));
  };
  return { lambda, invoke };
}

/** Starts the HTTP API, and the pages that only the local stack has. */
const startApi = (
  { port = 0, corsOrigins = [], reach = THIS_MACHINE, log, serveLocalPage }: StackOptions,
  {
    clock,
    inbox,
    invoke,
    values,
  }: Pick<GatewayOptions, 'clock' | 'invoke'> & {
    readonly inbox: { readonly serve: NonNullable<GatewayOptions['serveLocalPage']> };
    readonly values: { readonly PUBLIC_URL?: string };
  },
) =>
  startGateway({
    port,
    corsOrigins,
    reach,
    log,
    invoke,
    ...(clock && { clock }),
    publicHost: () => values.PUBLIC_URL && new URL(values.PUBLIC_URL).host,
    serveLocalPage: (request, response) =>
      showsLocalPages(reach, request) &&
      (inbox.serve(request, response) || (serveLocalPage?.(request, response) ?? false)),
  });

/** Whether a client may see the local pages, which show all messages: only this machine's user, and not through a proxy. */
const showsLocalPages = ({ isExposed }: Reach, request: IncomingMessage): boolean =>
  !isExposed && !isForwarded(request);

/**
 * Returns the sender of mail. There is none if nobody would see a mail: without a mail server mails stay in the inbox, which other
 * machines cannot see. Members then cannot choose mail.
 */
function mailValues({ reach, sendMail, mailFrom }: StackOptions): { readonly MAIL_FROM?: string } {
  if (reach?.isExposed && !sendMail) return {};
  return { MAIL_FROM: mailFrom || 'on-the-dot@example.com' };
}

/**
 * Starts the scheduler, which delivers wake-ups and starts the functions of every minute.
 *
 * @param tidyInbox is called every minute.
 */
const startSchedules = (options: StackOptions, invoke: Invoke, clock: Clock, tidyInbox: () => Promise<void>) =>
  startScheduler({
    ...inDataDir(options, DATA_FILES.schedules),
    ...(options.maxLatenessMs !== undefined && { maxLatenessMs: options.maxLatenessMs }),
    clock,
    // The scheduler does not wait for the end of the invocation.
    deliver: async (arn, input) => void invoke(arn.split(':').at(-1) ?? '', JSON.parse(input)),
    ...(options.startsRecurring !== false && {
      onMinute: (minute) => {
        for (const name of EVERY_MINUTE) void invoke(name, { scheduledTime: toIso(minute) });
        tidyInbox().catch(() => undefined);
      },
    }),
  });

/**
 * Moves the clock forward to an instant, and delivers the wake-ups and messages that are due by then. First waits until no
 * function runs, because a wait that has already begun would not become shorter.
 */
async function skipTo(
  instant: Instant,
  clock: MovableClock | undefined,
  {
    lambda,
    timers,
  }: { readonly lambda: { waitUntilIdle(): Promise<void> }; readonly timers: readonly { setTimer(): void }[] },
): Promise<void> {
  if (!clock) throw new Error('This stack uses the machine’s clock, which cannot be moved.');
  await lambda.waitUntilIdle();
  clock.moveTo(instant);
  for (const timer of timers) timer.setTimer();
}

/** Builds the option `path` for a file or folder in the data folder. Without a data folder there is no such option. */
const inDataDir = ({ dataDir }: StackOptions, name: string) =>
  dataDir === undefined ? {} : { path: join(dataDir, name) };

function findFunction(name: string): FunctionDefinition {
  const definition = functionsByName.get(name);
  if (!definition) throw new Error(`The catalogue has no function ${name}.`);
  return definition;
}
