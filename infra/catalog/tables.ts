/** A table, which CDK and the local database create. Key attributes are strings unless a `type` is given. */
export type TableDefinition = {
  /** The environment variable that holds the table's name. */
  readonly variable: string;
  readonly partitionKey: string;
  readonly sortKey?: string;
  /** The attribute with the time, in epoch seconds, after which DynamoDB may delete the item. */
  readonly timeToLive?: string;
  /** Global secondary indexes. They hold keys only, and only of the items that have the index's partition key. */
  readonly indexes: readonly {
    readonly name: string;
    readonly partitionKey: { readonly name: string; readonly type: 'S' | 'N' };
    readonly sortKey?: string;
  }[];
  /** Local secondary indexes. They hold keys only, and can be read consistently. */
  readonly localIndexes?: readonly { readonly name: string; readonly sortKey: string }[];
};

export const TABLES = {
  sessions: {
    variable: 'SESSIONS_TABLE',
    partitionKey: 'email',
    sortKey: 'fingerprint',
    timeToLive: 'expiresAt',
    indexes: [{ name: 'byRefreshSlot', partitionKey: { name: 'refreshSlot', type: 'N' } }],
  },
  prebookings: {
    variable: 'PREBOOKINGS_TABLE',
    partitionKey: 'email',
    sortKey: 'id',
    timeToLive: 'expiresAt',
    indexes: [{ name: 'unfinished', partitionKey: { name: 'openingShard', type: 'N' }, sortKey: 'opensAt' }],
    localIndexes: [{ name: 'byClass', sortKey: 'classStartsAt' }],
  },
  bookings: {
    variable: 'BOOKINGS_TABLE',
    partitionKey: 'email',
    sortKey: 'booking',
    timeToLive: 'expiresAt',
    indexes: [],
  },
  calendars: {
    variable: 'CALENDARS_TABLE',
    partitionKey: 'email',
    indexes: [{ name: 'bySecret', partitionKey: { name: 'secretHash', type: 'S' } }],
  },
  boxes: { variable: 'BOXES_TABLE', partitionKey: 'box', indexes: [] },
  credentials: { variable: 'CREDENTIALS_TABLE', partitionKey: 'email', indexes: [] },
  loginAttempts: {
    variable: 'LOGIN_ATTEMPTS_TABLE',
    partitionKey: 'subject',
    timeToLive: 'expiresAt',
    indexes: [],
  },
  tombstones: { variable: 'TOMBSTONES_TABLE', partitionKey: 'member', indexes: [] },
  limits: { variable: 'LIMITS_TABLE', partitionKey: 'subject', timeToLive: 'expiresAt', indexes: [] },
  notifications: { variable: 'NOTIFICATIONS_TABLE', partitionKey: 'email', indexes: [] },
  pushSubscriptions: {
    variable: 'PUSH_SUBSCRIPTIONS_TABLE',
    partitionKey: 'email',
    sortKey: 'id',
    indexes: [{ name: 'byEndpoint', partitionKey: { name: 'id', type: 'S' } }],
  },
  messages: {
    variable: 'MESSAGES_TABLE',
    partitionKey: 'email',
    sortKey: 'id',
    timeToLive: 'expiresAt',
    indexes: [{ name: 'due', partitionKey: { name: 'dueShard', type: 'N' }, sortKey: 'dueAt' }],
  },
  routines: {
    variable: 'ROUTINES_TABLE',
    partitionKey: 'email',
    indexes: [{ name: 'due', partitionKey: { name: 'planShard', type: 'N' }, sortKey: 'planAt' }],
  },
} as const satisfies Record<string, TableDefinition>;
