import { TABLES } from './tables.ts';

/** Variables a deployment may set (infra/constructs/README.md, "Options"); each has a default. */
export const SETTINGS = [
  'AIM',
  'AIMHARDER_ORIGIN',
  'AIMHARDER_LOGIN_ORIGIN',
  'AIMHARDER_BOX_ORIGIN',
  'BOX_TIMEZONES',
  'BOX_OPENINGS',
  'MAX_PENDING_PREBOOKINGS',
  'PUBLIC_URL',
  'REFRESH_CONCURRENCY',
  'REFRESH_SHARDS',
  'REFRESH_SLOTS',
] as const;
export type Setting = (typeof SETTINGS)[number];

/** The settings that an environment, or whatever else, has a value for. */
export const pickSettings = (values: Readonly<Record<string, string | undefined>>): Partial<Record<Setting, string>> =>
  Object.fromEntries(SETTINGS.flatMap((name) => (values[name] ? [[name, values[name]]] : [])));

export type TableName = keyof typeof TABLES;
type Indexes<Table> = Table extends { readonly localIndexes: readonly (infer Local)[]; readonly indexes: infer Global }
  ? Local | Element<Global>
  : Table extends { readonly indexes: infer Global }
    ? Element<Global>
    : never;
type Element<List> = List extends readonly (infer One)[] ? One : never;
type IndexName<Index> = Index extends { readonly name: infer N extends string } ? N : never;

/** A table, or one of its indexes: whoever may read an index need not be allowed to read the table. */
type TableResource = { [T in TableName]: T | `${T}/${IndexName<Indexes<(typeof TABLES)[T]>>}` }[TableName];
type TableAction = 'GetItem' | 'Query' | 'Scan' | 'PutItem' | 'UpdateItem' | 'DeleteItem';
type TableGrants = { readonly [Resource in TableResource]?: readonly TableAction[] };

/** A function as CDK deploys it and as it runs locally. Its permissions bring the variables that go with them. */
export type FunctionDefinition = {
  /** "METHOD /path/{parameter}", or "$default" for whatever no other route matches. */
  readonly routes?: readonly string[];
  /** Its routes answer without a bearer token. */
  readonly public?: true;
  /** Started by EventBridge Scheduler every minute. */
  readonly everyMinute?: true;
  /** Started by the service's bus, for every event on it. */
  readonly onEvents?: true;
  /** Longest run, in seconds. API Gateway gives up after 30. */
  readonly timeoutSeconds: number;
  /** Lambda gives computing power in proportion: 1769 MB are one whole vCPU. */
  readonly memoryMB: number;
  readonly tables?: TableGrants;
  readonly secrets?: readonly ('keys' | 'salt')[];
  /** What it may do about wake-ups: schedule one, remove one, or start the firing at once. */
  readonly wakeUps?: readonly ('create' | 'delete' | 'start')[];
  /** Puts events on the service's bus. */
  readonly publishesEvents?: true;
  /** Sends mail to members where the installation does, or knows whether it does. */
  readonly mail?: 'sends' | 'known';
  readonly settings?: readonly Setting[];
  /** Who is hurt when it fails: the sentence of its alarm. */
  readonly impact: string;
};

/** The variables that name the secrets. */
export const SECRET_VARIABLES = { keys: 'KEYS_SECRET_ID', salt: 'SALT_SECRET_ID' } as const;
const WAKE_UP_VARIABLES = [
  'SCHEDULE_GROUP',
  'SCHEDULE_ROLE_ARN',
  'SCHEDULE_DEAD_LETTER_ARN',
  'FIRE_FUNCTION_ARN',
] as const;

type TableVariable = (typeof TABLES)[TableName]['variable'];

/** The variables that every installation has a value for. */
type InstalledVariable =
  | 'SERVICE_NAME'
  | TableVariable
  | (typeof SECRET_VARIABLES)[keyof typeof SECRET_VARIABLES]
  | (typeof WAKE_UP_VARIABLES)[number]
  | 'EVENT_BUS_NAME';
/** What functions can be told: everything given, and the settings and the address mail comes from where they are set. */
export type EnvironmentValues = Readonly<
  Record<InstalledVariable, string> & Partial<Record<Setting | 'MAIL_FROM', string>>
>;

/** What a function may do with a table: with the items themselves, or with those an index names. */
export const tableGrants = (
  { tables = {} }: FunctionDefinition,
  table: string,
): { readonly index: string | undefined; readonly actions: readonly string[] }[] =>
  Object.entries(tables).flatMap(([resource, actions]) => {
    const [name, index] = resource.split('/');
    return name === table ? [{ index, actions }] : [];
  });

/** The variables that tell the tables' names. */
export const tableVariables = (nameOf: (table: TableName) => string) =>
  Object.fromEntries(
    Object.entries(TABLES).map(([table, { variable }]) => [variable, nameOf(table as TableName)]),
  ) as Record<TableVariable, string>;

/** The environment of one function: the name of the service, what it uses, and nothing else. */
export function environmentFor(
  definition: FunctionDefinition,
  values: EnvironmentValues,
): Readonly<Record<string, string>> {
  const { secrets = [], wakeUps, publishesEvents, mail, settings = [] } = definition;
  const tables = Object.entries(TABLES).filter(([table]) => tableGrants(definition, table).length > 0);
  const names = [
    // Whose metrics it writes.
    'SERVICE_NAME' as const,
    ...tables.map(([, { variable }]) => variable),
    ...secrets.map((secret) => SECRET_VARIABLES[secret]),
    ...(wakeUps ? WAKE_UP_VARIABLES : []),
    ...(publishesEvents ? ['EVENT_BUS_NAME' as const] : []),
    ...(mail ? ['MAIL_FROM' as const] : []),
    ...settings,
  ];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = values[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
