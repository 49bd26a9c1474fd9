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
import { createTables, type Database, startDatabase } from './dynamodb.ts';
import { eventRule } from './event-rule.ts';
import { type AcceptedEvent, startEventBus } from './eventbridge.ts';
import { ProtectedServices } from './iam.ts';
import { startInbox } from './inbox.ts';
import {
  BUS,
  installedValues,
  KEYS_SECRET_ID,
  lambdaVariables,
  SALT_SECRET_ID,
  SCHEDULE_GROUP,
} from './installation.ts';
import { startLambda } from './lambda.ts';
import type { MovableClock } from './movable-clock.ts';
import { startScheduler } from './scheduler.ts';
import { type SecretDocuments, startSecretsManager } from './secrets-manager.ts';

export type StackOptions = {
  /** The port of the API; by default a free one. */
  readonly port?: number;
  /** The folder of the data; without it the data is in memory. */
  readonly dataDir?: string;
  /** A DynamoDB engine that runs already. */
  readonly dynamodbEndpoint?: string;
  /** The folder of the functions' bundles (infra/bundle/bundle-functions.ts). */
  readonly bundles: string;
  readonly origins: Origins;
  readonly secrets: SecretDocuments;
  /** Settings of the functions. */
  readonly settings?: Readonly<Partial<Record<Setting, string>>>;
  /** How late wake-ups may be, in milliseconds. */
  readonly maxLatenessMs?: number;
  /** Whether the recurring schedules run; they do by default. */
  readonly recurring?: boolean;
  readonly log: (line: string) => void;
  /** For tests: a clock that `skipTo` moves, for the stack and its functions. */
  readonly clock?: MovableClock;
  /** Answers paths that only this machine has. It returns false for any other path. */
  readonly extra?: (request: IncomingMessage, response: ServerResponse) => boolean;
};

/** Invokes a function and waits for its end; it logs a failure and never rejects. */
type Invoke = (name: string, event: unknown) => Promise<void>;

const RECURRING = [...functionsByName].flatMap(([name, { everyMinute }]) => (everyMinute ? [name] : []));

/** Starts the whole service on this machine. The SDK's endpoint variables lead the functions here instead of to AWS. */
export async function startStack(options: StackOptions) {
  const clock = options.clock ?? systemClock;
  const values: EnvironmentValues & { PUBLIC_URL?: string } = {
    ...options.settings,
    ...installedValues(options.origins),
  };
  const services = new ProtectedServices(values);
  const { lambda, invoke } = await startFunctions(options, values, services);
  const stores = await startStores(options);
  const { bus, rule, inbox, events } = await startEvents(options, invoke, clock);
  await services.addAll({
    dynamodb: stores.database.endpoint,
    secretsmanager: stores.secrets.endpoint,
    events: bus.endpoint,
    ses: inbox.endpoint,
    lambda: lambda.endpoint,
  });
  const scheduler = await startSchedules(options, invoke, clock);
  await services.addAll({ scheduler: scheduler.endpoint });
  const gateway = await startGateway({
    port: options.port ?? 0,
    clock,
    invoke: lambda.invoke,
    extra: (request, response) => inbox.serve(request, response) || (options.extra?.(request, response) ?? false),
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
    /** The events that the bus has accepted, in order. */
    events,
    refuseEvents: bus.refuse,
    eventRule: rule,
    inbox,
    skipTo: (instant: Instant) => skipTo(instant, options.clock, { lambda, scheduler }),
    async stop() {
      gateway.stop();
      scheduler.stop();
      await lambda.stop();
      bus.stop();
      services.stop();
      inbox.stop();
      await stores.stop();
    },
  };
}

/** Starts Lambda. The functions get their variables when their workers start, so services may still be added. */
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
    ? await existingDatabase(options.dynamodbEndpoint)
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

async function existingDatabase(endpoint: string): Promise<Database> {
  await createTables(endpoint);
  return { endpoint, stop: async () => undefined };
}

/** Starts the bus, its rule, and the inbox that shows what members are told. */
async function startEvents({ settings = {}, log }: StackOptions, invoke: Invoke, clock: Clock) {
  const accepted: AcceptedEvent[] = [];
  const events: readonly AcceptedEvent[] = accepted;
  const rule = eventRule(invoke, clock);
  const inbox = await startInbox({ settings, log, clock });
  const bus = await startEventBus({
    name: BUS,
    deliver(event) {
      accepted.push(event);
      // The details name the member, so the log has the type only.
      log(JSON.stringify({ level: 'INFO', event: 'published', type: event.detailType }));
      inbox.addEvent(rule.deliver(event));
    },
  });
  return { bus, rule, inbox, events };
}

/** Starts the scheduler: the wake-ups, and the functions of every minute. */
const startSchedules = (options: StackOptions, invoke: Invoke, clock: Clock) =>
  startScheduler({
    ...inDataDir(options, 'schedules.sqlite'),
    ...(options.maxLatenessMs !== undefined && { maxLatenessMs: options.maxLatenessMs }),
    clock,
    // Lambda accepts the invocation at once, and the scheduler does not wait for its end.
    deliver: async (arn, input) => void invoke(arn.split(':').at(-1) ?? '', JSON.parse(input)),
    ...(options.recurring !== false && {
      onMinute: (minute) => {
        for (const name of RECURRING) void invoke(name, { scheduledTime: toIso(minute) });
      },
    }),
  });

/**
 * Moves the clock forward to an instant and delivers the wake-ups that are due by then. It waits until no function runs,
 * because a function that already waits for a time would not notice the move.
 */
async function skipTo(
  instant: Instant,
  clock: MovableClock | undefined,
  { lambda, scheduler }: { readonly lambda: { idle(): Promise<void> }; readonly scheduler: { plan(): void } },
): Promise<void> {
  if (!clock) throw new Error('This stack goes by the machine’s clock.');
  await lambda.idle();
  clock.moveTo(instant);
  scheduler.plan();
}

const inDataDir = ({ dataDir }: StackOptions, name: string) =>
  dataDir === undefined ? {} : { path: join(dataDir, name) };

function findFunction(name: string): FunctionDefinition {
  const definition = functionsByName.get(name);
  if (!definition) throw new Error(`The catalogue has no function ${name}.`);
  return definition;
}
