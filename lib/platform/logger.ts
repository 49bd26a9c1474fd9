/** Everything this service ever logs, by name. Fields are chosen one by one: no event, item, header or body whole. */
export type LogEvent =
  | 'answered'
  | 'bug'
  | 'background-login-failed'
  | 'background-login-left-out'
  | 'booking-not-noted'
  | 'prebooking-ordered'
  | 'prebooking-cancelled'
  | 'undo-failed'
  | 'wake-up-ended-quietly'
  | 'preparation-step-failed'
  | 'prebooking-taken'
  | 'prebooking-prepared'
  | 'prebooking-committed'
  | 'prebooking-postponed'
  | 'prebooking-finished'
  | 'sessions-refreshed'
  | 'session-login-required'
  | 'session-healed'
  | 'session-not-healed'
  | 'prebooking-armed-late'
  | 'prebooking-recovered'
  | 'not-recovered'
  | 'swept'
  | 'event-not-published';

type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export type Logger = {
  info(event: LogEvent, fields?: Fields): void;
  warn(event: LogEvent, fields?: Fields): void;
  /** @param error its name, message and stack are logged; messages of this service hold no secret. */
  error(event: LogEvent, error: unknown, fields?: Fields): void;
};

/** One JSON line per event on standard output, as CloudWatch reads it. */
export const logger: Logger = {
  info: (event, fields) => write('INFO', event, fields),
  warn: (event, fields) => write('WARN', event, fields),
  error: (event, error, fields) => write('ERROR', event, { ...fields, ...describe(error) }),
};

function write(level: string, event: LogEvent, fields: Fields = {}): void {
  process.stdout.write(`${JSON.stringify({ level, event, ...fields })}\n`);
}

function describe(error: unknown): Fields {
  if (!(error instanceof Error)) return { error: typeof error };
  const cause = error.cause instanceof Error ? `${error.cause.name}: ${error.cause.message}` : undefined;
  return { error: error.name, message: error.message, stack: error.stack, cause };
}
