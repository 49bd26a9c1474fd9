import * as z from 'zod/mini';
import { TABLES } from './tables.ts';

/** Environment variables that a deployment may set (infra/constructs/README.md, "Options"). Each has a default. */
export const SETTINGS = [
  'AIM',
  'AIMHARDER_ORIGIN',
  'AIMHARDER_LOGIN_ORIGIN',
  'AIMHARDER_BOX_ORIGIN',
  'ALLOWED_EMAILS',
  'BOX_TIMEZONES',
  'BOX_OPENINGS',
  'DOCTOR_KNOWN_CHANGES',
  'MAX_PENDING_PREBOOKINGS',
  'NOTIFY_PRIVATE_HOSTS',
  'PUBLIC_URL',
  'REFRESH_CONCURRENCY',
  'REFRESH_SHARDS',
  'REFRESH_SLOTS',
] as const;
export type Setting = (typeof SETTINGS)[number];

/** Picks the settings that have a value. */
export const pickSettings = (values: Readonly<Record<string, string | undefined>>): Partial<Record<Setting, string>> =>
  Object.fromEntries(SETTINGS.flatMap((name) => (values[name] ? [[name, values[name]]] : [])));

type TableName = keyof typeof TABLES;

/** The types of a table's indexes, local and global. */
type Indexes<Table> = Table extends { readonly localIndexes: readonly (infer Local)[]; readonly indexes: infer Global }
  ? Local | Element<Global>
  : Table extends { readonly indexes: infer Global }
    ? Element<Global>
    : never;

/** The type of a list's elements. */
type Element<List> = List extends readonly (infer Item)[] ? Item : never;
type IndexName<Index> = Index extends { readonly name: infer Name extends string } ? Name : never;

/** A table, or one of its indexes. Permission to read an index gives no permission to read the table. */
type TableResource = {
  [Table in TableName]: Table | `${Table}/${IndexName<Indexes<(typeof TABLES)[Table]>>}`;
}[TableName];
type TableAction = 'GetItem' | 'Query' | 'Scan' | 'PutItem' | 'UpdateItem' | 'DeleteItem';
type TableGrants = { readonly [Resource in TableResource]?: readonly TableAction[] };

/**
 * The definition of a function, which CDK deploys and the local stack runs. Each permission also gives the function the
 * environment variables that it needs to use that permission.
 */
export type FunctionDefinition = {
  /** "METHOD /path/{parameter}", or "$default" for requests that match no other route. */
  readonly routes?: readonly string[];
  /** Whether the routes need no bearer token. */
  readonly isPublic?: true;
  /** Whether EventBridge Scheduler starts the function every minute. */
  readonly everyMinute?: true;
  /** Hours between two starts by EventBridge Scheduler. */
  readonly everyHours?: number;
  /** The option without which the function is not deployed. */
  readonly onlyWith?: OptionalPart;
  /** Whether the service's bus starts the function for every event. */
  readonly onEvents?: true;
  /** The longest time that a run may take. API Gateway waits 30 seconds for an answer. */
  readonly timeoutSeconds: number;
  /** The function's memory. Lambda gives CPU in proportion to it: 1769 MB come with one vCPU. */
  readonly memoryMB: number;
  /** The actions that the function may take on tables and their indexes. */
  readonly tables?: TableGrants;
  /** The secrets that the function may read. */
  readonly secrets?: readonly (keyof typeof SECRET_VARIABLES)[];
  /** The alarm that the function may raise itself, with its own reason. */
  readonly raisesAlarm?: AlarmName;
  /** What the function may do with wake-ups. */
  readonly wakeUps?: readonly ('create' | 'delete')[];
  /** The functions that this function may start. */
  readonly starts?: readonly (keyof typeof STARTED_VARIABLES)[];
  /** `sends`: the function may send messages to the queue of firings. `receives`: those messages start it. */
  readonly firingQueue?: readonly ('sends' | 'receives')[];
  /** Whether the function may put events on the service's bus. */
  readonly publishesEvents?: true;
  /** `sends`: the function may send mail, if the deployment has a sender. `known`: the function only knows whether there is a sender. */
  readonly mail?: 'sends' | 'known';
  /** The settings that the function reads. */
  readonly settings?: readonly Setting[];
  /** States the harm if the function fails. The function's alarm begins with this sentence. */
  readonly impact: string;
};

/** The options that add functions. */
export type OptionalPart = 'doctor';

/** The alarms that a function raises itself. */
export type AlarmName = 'aimharder-changed';

/** The variables that hold the ids of the secrets. The operator creates `doctor`, the login of an account at AimHarder. */
export const SECRET_VARIABLES = {
  keys: 'KEYS_SECRET_ID',
  salt: 'SALT_SECRET_ID',
  push: 'PUSH_SECRET_ID',
  doctor: 'DOCTOR_SECRET_ID',
} as const;
const WAKE_UP_VARIABLES = ['SCHEDULE_GROUP', 'SCHEDULE_ROLE_ARN', 'SCHEDULE_DEAD_LETTER_ARN'] as const;

/** The variables that hold the ARNs of the functions that others start. */
export const STARTED_VARIABLES = {
  'prepare-prebooking': 'PREPARE_FUNCTION_ARN',
  'fire-prebooking': 'FIRE_FUNCTION_ARN',
  'refresh-tokens': 'REFRESH_FUNCTION_ARN',
  'end-account': 'END_ACCOUNT_FUNCTION_ARN',
} as const;

/**
 * The functions that a wake-up may start. A schedule starts `prepare-prebooking`. If the opening is near, the function that places the
 * order starts one of the two at once.
 */
const STARTED_BY_WAKE_UPS = ['prepare-prebooking', 'fire-prebooking'] as const;

type TableVariable = (typeof TABLES)[TableName]['variable'];

/** The variables that have a value in every installation. */
type InstalledVariable =
  | 'SERVICE_NAME'
  | TableVariable
  | (typeof SECRET_VARIABLES)['keys' | 'salt' | 'push']
  | (typeof WAKE_UP_VARIABLES)[number]
  | (typeof STARTED_VARIABLES)[keyof typeof STARTED_VARIABLES]
  | 'FIRING_QUEUE_URL'
  | 'EVENT_BUS_NAME';
/** The variables that have a value in some installations. */
type OptionalVariable = Setting | 'MAIL_FROM' | 'MONITORING' | 'DOCTOR_SECRET_ID' | 'DOCTOR_ALARM_NAME';
/** The values of all environment variables. */
export type EnvironmentValues = Readonly<Record<InstalledVariable, string> & Partial<Record<OptionalVariable, string>>>;

/** Lists a function's permissions on a table (`index` is undefined) and on the table's indexes. */
export const tableGrants = (
  { tables = {} }: FunctionDefinition,
  table: string,
): { readonly index: string | undefined; readonly actions: readonly string[] }[] =>
  Object.entries(tables).flatMap(([resource, actions]) => {
    const [name, index] = resource.split('/');
    return name === table ? [{ index, actions }] : [];
  });

/** Checks that each table's variable has a value, which `Object.fromEntries` does not show in its type. */
const TableVariables = z.record(z.enum(Object.values(TABLES).map(({ variable }) => variable)), z.string());

/** Builds the environment variables that hold the names of the tables. */
export const tableVariables = (nameOf: (table: string) => string): Readonly<Record<TableVariable, string>> =>
  TableVariables.parse(
    Object.fromEntries(Object.entries(TABLES).map(([key, { variable }]) => [variable, nameOf(key)])),
  );

/** Builds the environment of a function: the service's name, the variables that its permissions need, and its settings. */
export function environmentFor(
  definition: FunctionDefinition,
  values: EnvironmentValues,
): Readonly<Record<string, string>> {
  const {
    secrets = [],
    wakeUps,
    starts = [],
    firingQueue = [],
    publishesEvents,
    mail,
    raisesAlarm,
    settings = [],
  } = definition;
  const tables = Object.entries(TABLES).filter(([table]) => tableGrants(definition, table).length > 0);
  const variables = [
    // Every metric that the function emits has this dimension.
    'SERVICE_NAME' as const,
    'MONITORING' as const,
    ...tables.map(([, { variable }]) => variable),
    ...secrets.map((secret) => SECRET_VARIABLES[secret]),
    ...(wakeUps ? [...WAKE_UP_VARIABLES, ...STARTED_BY_WAKE_UPS.map((name) => STARTED_VARIABLES[name])] : []),
    ...starts.map((name) => STARTED_VARIABLES[name]),
    ...(firingQueue.includes('sends') ? ['FIRING_QUEUE_URL' as const] : []),
    ...(publishesEvents ? ['EVENT_BUS_NAME' as const] : []),
    ...(mail ? ['MAIL_FROM' as const] : []),
    ...(raisesAlarm ? ['DOCTOR_ALARM_NAME' as const] : []),
    ...settings,
  ];
  return Object.fromEntries(
    variables.flatMap((variable) => {
      const value = values[variable];
      return value === undefined ? [] : [[variable, value]];
    }),
  );
}
