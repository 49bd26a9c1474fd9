import type { Fault } from '../../../infra/simulator/faults.ts';
import type { Pending } from '../../../lib/prebookings/prebooking.ts';

/** Builds AimHarder's row of an ordered class, as it is before its opening. */
const rowOf = ({ classId, className, classTime }: Pending) => ({
  id: Number(classId),
  idres: null,
  time: `${classTime} - ${endOf(classTime)}`,
  className,
  enabled: 1,
  bookState: null,
  limit: '12',
  limitc: 12,
  ocupation: 0,
  waitlist: -1,
  cancelledId: null,
  resadmin: 0,
});

const endOf = (start: string): string => `${String(Number(start.slice(0, 2)) + 1).padStart(2, '0')}${start.slice(2)}`;

type Changes = Readonly<Record<string, unknown>>;

const day = (rows: readonly object[]): Fault => ({ kind: 'answer', body: JSON.stringify({ bookings: rows }) });
const changed = (changes: Changes) => (ordered: Pending) => day([{ ...rowOf(ordered), ...changes }]);

/** What a timetable can show that is not so, for an ordered class that AimHarder would book. */
export const LIES = {
  'another class': changed({ id: 1, className: 'YOGA', time: '06:00 - 07:00' }),
  'an empty day': () => day([]),
  'the class under a wrong id': changed({ id: 1 }),
  'the class at another hour': changed({ time: '06:00 - 07:00' }),
  'the class as full': changed({ ocupation: 12 }),
  'the class as closed': changed({ enabled: 0 }),
  'the class as cancelled': changed({ cancelledId: 7 }),
  'a place that the member has given back': changed({ bookState: 1, idres: 5 }),
  'a page': (): Fault => ({ kind: 'html' }),
  'half an answer': (): Fault => ({ kind: 'truncated' }),
} satisfies Readonly<Record<string, (ordered: Pending) => Fault>>;
