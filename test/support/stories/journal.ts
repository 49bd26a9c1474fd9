import { MINUTE } from '../../../lib/platform/clock.ts';

/** The longest wait for a log event or the end of a pre-booking, in milliseconds. */
export const HANGS_AFTER = 4 * MINUTE;

/** Collects the lines that the functions log, and waits for events among them. */
export function journal() {
  const lines: string[] = [];
  const waiting = new Set<(line: string) => void>();

  return {
    lines: lines as readonly string[],
    write(line: string): void {
      lines.push(line);
      for (const look of waiting) look(line);
    },
    /**
     * Waits for an event with these fields, unless it has been logged already.
     *
     * @throws Error with the last lines, if it has not been logged in `HANGS_AFTER`.
     */
    logged(event: string, fields: object): Promise<void> {
      const isMeant = (line: string) => matches(line, { event, ...fields });
      if (lines.some(isMeant)) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const look = (line: string) => {
          if (!isMeant(line)) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve();
        };
        const timer = setTimeout(
          () => reject(new Error(`${event} ${JSON.stringify(fields)} was not logged: ${lines.slice(-5).join('\n')}`)),
          HANGS_AFTER,
        );
        waiting.add(look);
      });
    },
    /** Waits for the next of these events with these fields, for a limited time in milliseconds. */
    nextLogged(events: readonly string[], fields: object, atMostMs: number): Promise<void> {
      return new Promise((resolve) => {
        const stop = () => {
          clearTimeout(timer);
          waiting.delete(look);
          resolve();
        };
        const look = (line: string) => {
          if (events.some((event) => matches(line, { event, ...fields }))) stop();
        };
        const timer = setTimeout(stop, atMostMs);
        waiting.add(look);
      });
    },
  };
}

export type Journal = ReturnType<typeof journal>;

/** Checks whether a line is JSON with these fields. Node's own warnings are no JSON. */
function matches(line: string, fields: object): boolean {
  if (!Object.values(fields).every((value) => line.includes(JSON.stringify(value)))) return false;
  try {
    const logged = JSON.parse(line);
    return Object.entries(fields).every(([name, value]) => logged[name] === value);
  } catch {
    return false;
  }
}
