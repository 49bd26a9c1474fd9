import { type Environment, readRequired } from '../platform/environment.ts';

/**
 * The tables with data of members, all with the partition key `email`. In a table without a `sortKey`, a member has one item.
 * `variable` is the environment variable with the table's name.
 */
export const ACCOUNT_TABLES = {
  sessions: { variable: 'SESSIONS_TABLE', sortKey: 'fingerprint' },
  prebookings: { variable: 'PREBOOKINGS_TABLE', sortKey: 'id' },
  bookings: { variable: 'BOOKINGS_TABLE', sortKey: 'booking' },
  messages: { variable: 'MESSAGES_TABLE', sortKey: 'id' },
  routines: { variable: 'ROUTINES_TABLE' },
  calendars: { variable: 'CALENDARS_TABLE' },
  notifications: { variable: 'NOTIFICATIONS_TABLE' },
  pushSubscriptions: { variable: 'PUSH_SUBSCRIPTIONS_TABLE', sortKey: 'id' },
  credentials: { variable: 'CREDENTIALS_TABLE' },
} as const satisfies Readonly<Record<string, { readonly variable: string; readonly sortKey?: string }>>;

export type AccountTable = keyof typeof ACCOUNT_TABLES;

/** The names of the tables in an installation. */
export type TableNames = Readonly<Record<AccountTable, string>>;

/** Reads the names of the tables. @throws Error if a name is missing. */
export function tableNamesFrom(environment: Environment): TableNames {
  const names = readRequired(environment, ...Object.values(ACCOUNT_TABLES).map(({ variable }) => variable));
  return {
    sessions: names.SESSIONS_TABLE,
    prebookings: names.PREBOOKINGS_TABLE,
    bookings: names.BOOKINGS_TABLE,
    messages: names.MESSAGES_TABLE,
    routines: names.ROUTINES_TABLE,
    calendars: names.CALENDARS_TABLE,
    notifications: names.NOTIFICATIONS_TABLE,
    pushSubscriptions: names.PUSH_SUBSCRIPTIONS_TABLE,
    credentials: names.CREDENTIALS_TABLE,
  };
}
