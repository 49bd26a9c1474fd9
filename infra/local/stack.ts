import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Origins } from '../../lib/aimharder/origins.ts';
import type { Clock, Instant } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import {
  type EnvironmentValues,
  environmentFor,
  type FunctionDefinition,
  type Setting,
} from '../catalog/function-definition.ts';
import { functionsByName } from '../catalog/functions.ts';
import { startGateway } from './api-gateway.ts';
import { clientAt, createTables, type Database, startDatabase } from './dynamodb.ts';
import { eventRule } from './event-rule.ts';
import { type AcceptedEvent, startEventBus } from './eventbridge.ts';
import { startFiringQueue } from './firing-queue.ts';
import { ProtectedServices } from './iam.ts';
import { startInbox } from './inbox.ts';
import {
  BUS_NAME,
  installationValues,
  KEYS_SECRET_ID,
  lambdaVariables,
  SALT_SECRET_ID,
  SCHEDULE_GROUP,
} from './installation.ts';
import { keepNewest } from './keep-newest.ts';
import { startLambda } from './lambda.ts';
import type { MovableClock } from './movable-clock.ts';
import { startScheduler } from './scheduler.ts';
import { type SecretDocuments, startSecretsManager } from './secrets-manager.ts';

export type StackOptions = {
  /** The port of the API; by default a free one. */
  readonly port?: number;
  /** The folder of the data. Without it, the data is in memory. */
  readonly dataDir?: string;
  /** The endpoint of a running DynamoDB engine. Without it, the stack starts one. */
  readonly dynamodbEndpoint?: string;
  /** The folder of the functions' bundles (infra/bundle/bundle-functions.ts). */
  readonly bundles: string;
  /** AimHarder's addresses. */
  readonly origins: Origins;
  readonly secrets: SecretDocuments;
  /** Environment variables of the functions. */
  readonly settings?: Readonly<Partial<Record<Setting, string>>>;
  /** The origins whose pages may use the API; none by default. */
  readonly corsOrigins?: readonly string[];
  /** How late wake-ups may come, in milliseconds; by default up to 59 s. */
  readonly maxLatenessMs?: number;
  /** Whether to start the functions of every minute; true by default. */
  readonly recurring?: boolean;
  readonly log: (line: string) => void;
  /** For tests: the clock of the stack and its functions. `skipTo` moves it. */
  readonly clock?: MovableClock;
  /** Serves the pages that only the local stack has. @returns false for any other request. */
  readonly servePage?: (request: IncomingMessage, response: ServerResponse) => boolean;
};

/** Invokes a function and waits for its end. Logs a failure; the promise never rejects. */
type Invoke = (name: string, event: unknown) => Promise<void>;

/** The functions that a schedule starts every minute. */
const EVERY_MINUTE = [...functionsByName].flatMap(([name, { everyMinute }]) => (everyMinute ? [name] : []));

/** Starts the whole service on this machine. The SDK's endpoint variables direct the functions' calls to these services. */
export async function startStack(options: StackOptions) {
  const clock = options.clock ?? systemClock;
  const values: EnvironmentValues & { PUBLIC_URL?: string } = {
    ...options.settings,
    ...installationValues(options.origins),
  };
  const services = new ProtectedServices(values);
  const { lambda, invoke } = await startFunctions(options, values, services);
  const stores = await startStores(options);
  const { bus, rule, inbox, events } = await startEvents(options, invoke, clock);
  await services.addAll({
    dynamodb: stores.database.server ?? stores.database.endpoint,
    secretsmanager: stores.secrets.endpoint,
    events: bus.endpoint,
    ses: inbox.endpoint,
    lambda: lambda.endpoint,
  });
  const scheduler = await startSchedules(options, invoke, clock);
  const queue = await startFiringQueue({ ...inDataDir(options, 'messages.sqlite'), lambda, clock });
  await services.addAll({ scheduler: scheduler.endpoint, sqs: queue.endpoint });
  const gateway = await startGateway({
    ...{ port: options.port ?? 0, corsOrigins: options.corsOrigins ?? [] },
    clock,
    invoke: lambda.invoke,
    publicHost: () => values.PUBLIC_URL && new URL(values.PUBLIC_URL).host,
    servePage: (request, response) =>
      inbox.serve(request, response) || (options.servePage?.(request, response) ?? false),
  });
  values.PUBLIC_URL ??= gateway.url;

  return {
    startedAt: clock.now(),
    url: gateway.url,
    endpoints: {
      dynamodb: stores.database.endpoint,
      scheduler: scheduler.endpoint,
      lambda: lambda.endpoint,
      secrets: stores.secrets.endpoint,
    },
    invoke: lambda.invoke,
    schedules: (prefix: string) => scheduler.names(SCHEDULE_GROUP, prefix),
    refuseSchedules: scheduler.refuse,
    /** The events that the bus has accepted, the oldest first; of very many, the newest. */
    events,
    refuseEvents: bus.refuse,
    eventRule: rule,
    inbox,
    skipTo: (instant: Instant) => skipTo(instant, options.clock, { lambda, timers: [scheduler, queue] }),
    async stop() {
      gateway.stop();
      scheduler.stop();
      queue.stop();
      await lambda.stop();
      bus.stop();
      services.stop();
      inbox.stop();
      await stores.stop();
    },
  };
}

/** Starts Lambda. A function gets its variables when its worker starts, so services can be added until then. */
async function startFunctions(
  { bundles, log, clock }: StackOptions,
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
  });
  const invoke: Invoke = async (name, event) => {
    await lambda
      .invoke(name, event)
      .catch(() => log(JSON.stringify({ level: 'ERROR', event: 'invocation-failed', function: name })));
  };
  return { lambda, invoke };
}

/** Starts the database and the secrets. */
async function startStores(options: StackOptions) {
  const database = options.dynamodbEndpoint
    ? await useDatabaseAt(options.dynamodbEndpoint)
    : await startDatabase(inDataDir(options, 'database'));
  const { keys, salt } = options.secrets;
  const secrets = await startSecretsManager(
    new Map([
      [KEYS_SECRET_ID, keys],
      [SALT_SECRET_ID, salt],
    ]),
  );
  return {
    database,
    secrets,
    async stop() {
      secrets.stop();
      await database.stop();
    },
  };
}

/** Uses a running database, and never stops it. */
async function useDatabaseAt(endpoint: string): Promise<Database> {
  await createTables(clientAt(endpoint));
  return { endpoint, stop: async () => undefined };
}

/** Starts the bus, its rule, and the inbox, which shows the messages to members. */
async function startEvents({ settings = {}, log }: StackOptions, invoke: Invoke, clock: Clock) {
  const accepted: AcceptedEvent[] = [];
  const events: readonly AcceptedEvent[] = accepted;
  const rule = eventRule(invoke, clock);
  const inbox = await startInbox({ settings, log, clock });
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

/** Starts the scheduler, which delivers wake-ups and starts the functions of every minute. */
const startSchedules = (options: StackOptions, invoke: Invoke, clock: Clock) =>
  startScheduler({
    ...inDataDir(options, 'schedules.sqlite'),
    ...(options.maxLatenessMs !== undefined && { maxLatenessMs: options.maxLatenessMs }),
    clock,
    // The scheduler does not wait for the end of the invocation.
    deliver: async (arn, input) => void invoke(arn.split(':').at(-1) ?? '', JSON.parse(input)),
    ...(options.recurring !== false && {
      onMinute: (minute) => {
        for (const name of EVERY_MINUTE) void invoke(name, { scheduledTime: toIso(minute) });
      },
    }),
  });

/**
 * Moves the clock forward to an instant and delivers the wake-ups that are due by then. First waits until no function runs,
 * because the move does not shorten a wait that has already begun.
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

/** Returns the option `path` for a file or folder in the data folder; no option if the data is in memory. */
const inDataDir = ({ dataDir }: StackOptions, name: string) =>
  dataDir === undefined ? {} : { path: join(dataDir, name) };

function findFunction(name: string): FunctionDefinition {
  const definition = functionsByName.get(name);
  if (!definition) throw new Error(`The catalogue has no function ${name}.`);
  return definition;
}
