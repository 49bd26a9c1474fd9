import type { Instant } from '../../lib/platform/clock.ts';
import type { MemberDesk } from './members.ts';
import type { Random } from './random.ts';
import type { ReservationBook } from './reservations.ts';
import type { GymSession, SessionBook } from './sessions.ts';
import type { Switches } from './switches.ts';
import type { Timetable } from './timetable.ts';
import { type GymRequest, sessionCookieOf } from './wire.ts';

type LoginRecord = {
  readonly email: string;
  readonly fingerprint: string;
  readonly ok: boolean;
  readonly at: Instant;
};

export type BookingRecord = {
  readonly classId: string;
  readonly email: string | null;
  readonly fingerprint: string | null;
  readonly arrivedAt: Instant;
  readonly opensAt: Instant;
  /** `arrivedAt` minus `opensAt`: negative is early. Not a number for a class that there is not. */
  readonly lateness: number;
  /** An `Outcome`, `logout`, or the fault that hit it. */
  answer: string;
};

/** What the gym has seen. */
export type GymRecord = {
  readonly logins: LoginRecord[];
  readonly bookings: BookingRecord[];
  /** How many requests there were, by path. */
  readonly requests: Record<string, number>;
};

/** All that the gym's pages work with. */
export type Realm = {
  readonly switches: () => Switches;
  readonly members: MemberDesk;
  readonly sessions: SessionBook;
  readonly timetable: Timetable;
  readonly reservations: ReservationBook;
  readonly record: GymRecord;
  readonly random: Random;
};

export function sessionOf({ sessions, switches }: Realm, request: GymRequest): GymSession | undefined {
  const { sessionIdleMs, keptAliveBy } = switches();
  return sessions.use(sessionCookieOf(request), request.arrivedAt, {
    idleMs: sessionIdleMs,
    staysAlive: keptAliveBy === 'use',
  });
}
