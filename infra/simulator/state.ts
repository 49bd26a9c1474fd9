import type { Instant } from '../../lib/platform/clock.ts';
import type { Members } from './members.ts';
import type { Random } from './random.ts';
import type { Reservations } from './reservations.ts';
import type { Sessions, SimulatedSession } from './sessions.ts';
import type { Switches } from './switches.ts';
import type { Timetable } from './timetable.ts';
import { readSessionCookie, type SimulatorRequest } from './wire.ts';

/** A login. @property ok whether the login succeeded. */
type LoginRecord = {
  readonly email: string;
  readonly fingerprint: string;
  readonly ok: boolean;
  readonly at: Instant;
};

/** A booking request. The e-mail and the fingerprint are null without a live session. */
export type BookingRecord = {
  readonly classId: string;
  readonly email: string | null;
  readonly fingerprint: string | null;
  readonly arrivedAt: Instant;
  /** NaN for an unknown class. */
  readonly opensAt: Instant;
  /** `arrivedAt` minus `opensAt`, in milliseconds: negative is early. NaN for an unknown class. */
  readonly lateness: number;
  /** The `Outcome` of the booking, `logout`, or the kind of the request's fault. Empty until the request is answered. */
  answer: string;
};

/** How many logins and how many bookings the record keeps: more than any benchmark makes. */
const MAX_RECORDED = 20_000;

/** Adds an entry to a list of the record, and drops the oldest entry if there are too many. */
export function record<Entry>(entries: Entry[], entry: Entry): void {
  entries.push(entry);
  if (entries.length > MAX_RECORDED) entries.shift();
}

/** The requests that the simulator has received. Of logins and bookings, only the newest `MAX_RECORDED` are kept. */
export type SimulatorRecord = {
  readonly logins: LoginRecord[];
  readonly bookings: BookingRecord[];
  /** How many requests the simulator has received, by path. */
  readonly requests: Record<string, number>;
};

/** The state that the simulator's pages read and change. */
export type SimulatorState = {
  /** Returns the current switches, which the control may change at any time. */
  readonly switches: () => Switches;
  readonly members: Members;
  readonly sessions: Sessions;
  readonly timetable: Timetable;
  readonly reservations: Reservations;
  readonly record: SimulatorRecord;
  readonly random: Random;
};

/** Finds the request's live session, and records its use. */
export function useSession(
  { sessions, switches }: SimulatorState,
  request: SimulatorRequest,
): SimulatedSession | undefined {
  const { sessionIdleMs, keptAliveBy } = switches();
  return sessions.use(readSessionCookie(request), request.arrivedAt, {
    idleMs: sessionIdleMs,
    keepsAlive: keptAliveBy === 'use',
  });
}
