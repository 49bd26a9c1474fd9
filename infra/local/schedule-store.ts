import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod/mini';
import type { Instant } from '../../lib/platform/clock.ts';

export type Schedule = {
  readonly group: string;
  readonly name: string;
  /** Makes CreateSchedule idempotent: a second request with the same name and token changes nothing. '' if there is none. */
  readonly clientToken: string;
  /** When the schedule is delivered: the stated instant plus the simulated lateness. */
  readonly dueAt: Instant;
  readonly targetArn: string;
  readonly input: string;
};

const Row = z.object({
  group: z.string(),
  name: z.string(),
  clientToken: z.string(),
  dueAt: z.number(),
  targetArn: z.string(),
  input: z.string(),
});

export type ScheduleStore = ReturnType<typeof openScheduleStore>;

/** Opens a store of one-time schedules in SQLite. An acknowledged schedule survives a crash of the process. */
export function openScheduleStore(path: string) {
  const database = new DatabaseSync(path);
  database.exec(`CREATE TABLE IF NOT EXISTS schedules
    ("group" TEXT, name TEXT, clientToken TEXT, dueAt REAL, targetArn TEXT, input TEXT, PRIMARY KEY ("group", name))`);
  const select = (sql: string, ...values: readonly (string | number)[]): Schedule[] =>
    database
      .prepare(sql)
      .all(...values)
      .map((row) => Row.parse(row));

  function find(group: string, name: string): Schedule | undefined {
    return select('SELECT * FROM schedules WHERE "group" = ? AND name = ?', group, name)[0];
  }

  return {
    find,
    /**
     * Adds a schedule, unless it was added before with the same client token.
     *
     * @throws ScheduleFault ConflictException if another schedule has the name.
     */
    add(schedule: Schedule): void {
      const existing = find(schedule.group, schedule.name);
      if (existing && (existing.clientToken !== schedule.clientToken || schedule.clientToken === '')) {
        throw new ScheduleFault(409, 'ConflictException', `Schedule ${schedule.name} already exists.`);
      }
      if (existing) return;
      const { group, name, clientToken, dueAt, targetArn, input } = schedule;
      database
        .prepare('INSERT INTO schedules VALUES (?, ?, ?, ?, ?, ?)')
        .run(group, name, clientToken, dueAt, targetArn, input);
    },
    remove(group: string, name: string): void {
      database.prepare('DELETE FROM schedules WHERE "group" = ? AND name = ?').run(group, name);
    },
    /** Removes a schedule that was delivered, but not another one that was created under its name meanwhile. */
    removeDelivered({ group, name, clientToken, dueAt }: Schedule): void {
      database
        .prepare('DELETE FROM schedules WHERE "group" = ? AND name = ? AND clientToken = ? AND dueAt = ?')
        .run(group, name, clientToken, dueAt);
    },
    list: (group: string, prefix: string): readonly Schedule[] =>
      select('SELECT * FROM schedules WHERE "group" = ? ORDER BY name', group).filter(({ name }) =>
        name.startsWith(prefix),
      ),
    /** Lists the schedules that are due. */
    listDue: (now: Instant): readonly Schedule[] =>
      select('SELECT * FROM schedules WHERE dueAt <= ? ORDER BY dueAt', now),
    /** Lists the `count` schedules with the earliest `dueAt`. */
    listNext: (count: number): readonly Schedule[] => select('SELECT * FROM schedules ORDER BY dueAt LIMIT ?', count),
    close: () => database.close(),
  };
}

/** A refusal in the form of EventBridge Scheduler. */
export class ScheduleFault extends Error {
  override readonly name = 'ScheduleFault';
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}
