import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Origins } from '../../lib/aimharder/origins.ts';
import type { Instant } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import {
  type EnvironmentValues,
  environmentFor,
  type Setting,
  tableVariables,
} from '../catalog/function-definition.ts';
import { functionsByName } from '../catalog/functions.ts';
import { startGateway } from './api-gateway.ts';
import { createTables, type Database, startDatabase } from './dynamodb.ts';
import { startEventRule } from './event-rule.ts';
import { type AcceptedEvent, startEventBus } from './eventbridge.ts';
import { type Iam, startIam } from './iam.ts';
import type { Service } from './iam-rules.ts';
import { startLambda } from './lambda.ts';
import type { MovableClock } from './movable-clock.ts';
import { startScheduler } from './scheduler.ts';
import { type SecretDocuments, startSecretsManager } from './secrets-manager.ts';

export type StackOptions = {
  /** Of the API; 0 or nothing takes a free one. */
  readonly port?: number;
  /** Keeps the data; without it everything is in memory. */
  readonly dataDir?: string;
  /** A DynamoDB engine that is running already. */
  readonly dynamodbEndpoint?: string;
  /** The folder of the functions' bundles (infra/bundle/bundle-functions.ts). */
  readonly bundles: string;
  readonly origins: Origins;
  readonly secrets: SecretDocuments;
  /** For the functions that know them. */
  readonly settings?: Readonly<Partial<Record<Setting, string>>>;
  /** How late wake-ups may come, in milliseconds. */
  readonly maxLatenessMs?: number;
  /** Whether the recurring schedules run. */
  readonly recurring?: boolean;
  readonly log: (line: string) => void;
  /** For tests: a clock that `skipTo` moves, for the stack and its functions. */
  readonly clock?: MovableClock;
  readonly extra?: (request: IncomingMessage, response: ServerResponse) => boolean;
};

const ACCOUNT = 'eu-west-1:000000000000';
const GROUP = 'prebookings';
const KEYS_SECRET_ID = 'encryption-keys';
const SALT_SECRET_ID = 'fingerprint-salt';
const BUS = 'on-the-dot';
const MAIL_FROM = 'on-the-dot@example.com';
const RECURRING = [...functionsByName].flatMap(([name, { everyMinute }]) => (everyMinute ? [name] : []));

/** The whole service on this machine. The functions know nothing of it: the SDK's endpoint variables lead them here. */
export async function startStack(options: StackOptions) {
  const { dataDir, origins, log } = options;
  const clock = options.clock ?? systemClock;
  const inDataDir = (name: string) => (dataDir === undefined ? {} : { path: join(dataDir, name) });
  const database = options.dynamodbEndpoint
    ? await existingDatabase(options.dynamodbEndpoint)
    : await startDatabase(inDataDir('database'));
  const secrets = await startSecretsManager(
    new Map([
      [KEYS_SECRET_ID, options.secrets.keys],
      [SALT_SECRET_ID, options.secrets.salt],
    ]),
  );
  const invokeQuietly = async (name: string, event: unknown): Promise<void> => {
    await lambda
      .invoke(name, event)
      .catch(() => log(JSON.stringify({ level: 'ERROR', event: 'not-invoked', function: name })));
  };
  const telling = await startEventRule({ settings: options.settings ?? {}, invoke: invokeQuietly, log, clock });
  const events: AcceptedEvent[] = [];
  const bus = await startEventBus({
    name: BUS,
    deliver(event) {
      events.push(event);
      // Details name the member.
      log(JSON.stringify({ level: 'INFO', event: 'published', type: event.detailType }));
      telling.handOver(event);
    },
  });
  const values: { -readonly [Name in keyof EnvironmentValues]: EnvironmentValues[Name] } = {
    ...options.settings,
    ...given(origins),
  };
  const guards: Iam[] = [];
  const guarded = async (service: Service, endpoint: string) => {
    const guard = await startIam(service, endpoint, values);
    guards.push(guard);
    return guard.endpoint;
  };
  const endpoints: Record<string, string> = {
    AWS_ENDPOINT_URL_DYNAMODB: await guarded('dynamodb', database.endpoint),
    AWS_ENDPOINT_URL_SECRETS_MANAGER: await guarded('secretsmanager', secrets.endpoint),
    AWS_ENDPOINT_URL_EVENTBRIDGE: await guarded('events', bus.endpoint),
    AWS_ENDPOINT_URL_SESV2: await guarded('ses', telling.endpoint),
  };
  const lambda = await startLambda({
    bundles: options.bundles,
    environmentOf: (name) => ({
      ...platformOf(name),
      ...endpoints,
      ...environmentFor(functionsByName.get(name) ?? noFunction(name), values),
    }),
    log,
    clock: options.clock,
  });
  const scheduler = await startScheduler({
    ...inDataDir('schedules.sqlite'),
    ...(options.maxLatenessMs !== undefined && { maxLatenessMs: options.maxLatenessMs }),
    clock,
    deliver: async (arn, input) => void invokeQuietly(arn.split(':').at(-1) ?? '', JSON.parse(input)),
    ...(options.recurring !== false && {
      onMinute: (minute) => {
        for (const name of RECURRING) void invokeQuietly(name, { scheduledTime: toIso(minute) });
      },
    }),
  });
  endpoints['AWS_ENDPOINT_URL_SCHEDULER'] = await guarded('scheduler', scheduler.endpoint);
  endpoints['AWS_ENDPOINT_URL_LAMBDA'] = await guarded('lambda', lambda.endpoint);
  const gateway = await startGateway({
    port: options.port ?? 0,
    clock,
    invoke: lambda.invoke,
    extra: (request, response) => telling.serve(request, response) || (options.extra?.(request, response) ?? false),
  });
  values.PUBLIC_URL ??= gateway.url;

  return {
    startedAt: clock.now(),
    url: gateway.url,
    endpoints: {
      dynamodb: database.endpoint,
      scheduler: scheduler.endpoint,
      lambda: lambda.endpoint,
      secrets: secrets.endpoint,
    },
    invoke: lambda.invoke,
    schedules: (prefix: string) => scheduler.names(GROUP, prefix),
    refuseSchedules: scheduler.refuse,
    /** What was put onto the bus, in order. */
    events: events as readonly AcceptedEvent[],
    refuseEvents: bus.refuse,
    telling,
    /**
     * Moves the clock forward to an instant and delivers the wake-ups that are due by then. It waits until no function
     * runs: a function that waits already would not notice.
     */
    async skipTo(instant: Instant): Promise<void> {
      if (!options.clock) throw new Error('This stack goes by the machine’s clock.');
      await lambda.idle();
      options.clock.moveTo(instant);
      scheduler.plan();
    },
    async stop() {
      gateway.stop();
      scheduler.stop();
      await lambda.stop();
      secrets.stop();
      bus.stop();
      for (const guard of guards) guard.stop();
      telling.stop();
      await database.stop();
    },
  };
}

async function existingDatabase(endpoint: string): Promise<Database> {
  await createTables(endpoint);
  return { endpoint, stop: async () => undefined };
}

function noFunction(name: string): never {
  throw new Error(`${name} is not in the list of functions.`);
}

/** What Lambda itself tells every function. The access key names the function, as its role would. */
const platformOf = (name: string) => ({
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: name,
  AWS_SECRET_ACCESS_KEY: 'local',
});

const given = ({ origin, login, box }: Origins): EnvironmentValues => ({
  SERVICE_NAME: 'on-the-dot-local',
  AIMHARDER_ORIGIN: origin,
  AIMHARDER_LOGIN_ORIGIN: login,
  AIMHARDER_BOX_ORIGIN: box,
  KEYS_SECRET_ID,
  SALT_SECRET_ID,
  EVENT_BUS_NAME: BUS,
  MAIL_FROM,
  SCHEDULE_GROUP: GROUP,
  SCHEDULE_ROLE_ARN: 'arn:aws:iam::000000000000:role/wake-up',
  SCHEDULE_DEAD_LETTER_ARN: `arn:aws:sqs:${ACCOUNT}:wake-ups-lost`,
  FIRE_FUNCTION_ARN: `arn:aws:lambda:${ACCOUNT}:function:fire-prebooking`,
  ...tableVariables((table) => table),
});
