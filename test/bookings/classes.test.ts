import { describe, expect, test } from 'vitest';
import { classHours } from '../../lib/bookings/class-hours.ts';
import { listOwnClasses } from '../../lib/bookings/classes.ts';
import { toProblem } from '../../lib/http/problem.ts';
import { MINUTE } from '../../lib/platform/clock.ts';
import type { Scripted } from '../support/aimharder/scripted-upstream.ts';
import { answer, listing, MEMBER, membersAtBox, NOBODY, row, type Script, SOUGHT } from '../support/bookings/at-box.ts';

describe('a class lasts as long as it says', () => {
  test.each([
    ['an hour', '2026-06-10', '07:00', '08:00', 'Europe/Madrid', '2026-06-10T05:00Z', '2026-06-10T06:00Z'],
    ['until midnight', '2026-06-10', '23:00', '00:00', 'Europe/Madrid', '2026-06-10T21:00Z', '2026-06-10T22:00Z'],
    ['over midnight', '2026-06-10', '23:30', '00:30', 'Europe/Madrid', '2026-06-10T21:30Z', '2026-06-10T22:30Z'],
    [
      'from a skipped hour on',
      '2026-03-29',
      '02:30',
      '03:30',
      'Europe/Madrid',
      '2026-03-29T01:30Z',
      '2026-03-29T02:30Z',
    ],
    [
      'within a skipped hour',
      '2026-03-29',
      '02:00',
      '02:30',
      'Europe/Madrid',
      '2026-03-29T01:00Z',
      '2026-03-29T01:30Z',
    ],
    ['over a skipped hour', '2026-03-29', '01:30', '03:30', 'Europe/Madrid', '2026-03-29T00:30Z', '2026-03-29T01:30Z'],
    ['over a repeated hour', '2026-10-25', '01:30', '03:30', 'Europe/Madrid', '2026-10-24T23:30Z', '2026-10-25T02:30Z'],
    [
      'skipped in New York',
      '2026-03-08',
      '02:30',
      '03:30',
      'America/New_York',
      '2026-03-08T07:30Z',
      '2026-03-08T08:30Z',
    ],
    [
      'over midnight and the change',
      '2026-03-28',
      '23:30',
      '03:30',
      'Europe/Madrid',
      '2026-03-28T22:30Z',
      '2026-03-29T01:30Z',
    ],
  ])('%s', (_name, day, start, end, timezone, from, until) => {
    const { startsAt, endsAt } = classHours({ start, end }, day, timezone);

    expect([startsAt, endsAt]).toEqual([Date.parse(from), Date.parse(until)]);
  });
});

describe('a dead session is not shown a timetable without its bookings', () => {
  const atBox = membersAtBox();
  const query = { box: SOUGHT.box, days: [SOUGHT.day] };

  async function listed(script: Script, ageMinutes: number) {
    const { deps, member, clock, asked, isAlive } = await atBox(script);
    clock.advance(ageMinutes * MINUTE);
    const told = await listOwnClasses(deps, member, query, new AbortController().signal).then(
      ([shown]) => [200, shown?.classes.map(({ mine }) => mine).join()],
      (error: unknown) => [toProblem(error, 'r').status, toProblem(error, 'r').code],
    );
    return { told, asked, isAlive };
  }

  const [NONE, MINE] = [listing(row()), listing(row({ bookState: 1 }))];

  test.each<[string, Scripted, Scripted, number, readonly [number, string], number]>([
    ['alive', NONE, MEMBER, 3, [200, ''], 1],
    ['dead', NONE, NOBODY, 3, [401, 'login-required'], 1],
    ['proven by a booking of the member’s', MINE, NOBODY, 3, [200, 'booked'], 1],
    ['not to be proven', NONE, { status: 503 }, 3, [200, ''], 1],
    ['confirmed a minute ago', NONE, NOBODY, 1, [200, ''], 0],
    ['dead by the timetable’s own word', answer({ logout: 1 }), MEMBER, 1, [401, 'login-required'], 0],
  ])('a session that is %s', async (_name, bookings, whoami, ageMinutes, expected, proofs) => {
    const { told, asked, isAlive } = await listed({ bookings, whoami }, ageMinutes);

    expect(told).toEqual(expected);
    expect(asked('whoami')).toBe(proofs);
    expect(await isAlive()).toBe(expected[0] === 200);
  });
});
