import { afterAll, beforeAll, expect, test } from 'vitest';
import { AimHarder } from '../../lib/aimharder/client.ts';
import { type Explanation, explainShots } from '../../lib/firing/explain-refusal.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';
import { pending } from '../support/calendar/facts.ts';
import { SEAT } from '../support/prebookings/waiting-member.ts';

let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  upstream.answer(() => ({ status: 503, body: '' }));
});
afterAll(() => upstream.stop());

const MOVED = { moved: SEAT, openingRule: { hoursBefore: 48 } };

/** Explains three refused shots while the timetable cannot be read. */
const explain = (changed: Explanation | undefined, outcome: 'too-early' | 'no-credit' = 'too-early') =>
  explainShots(
    { aimHarder: new AimHarder({ origins: upstream.origins, clock: systemClock }), clock: systemClock },
    { prebooking: pending(), classId: '1' },
    {
      ...{ changed, outcome, rule: null, shots: 3 },
      session: { fingerprint: 'bg-1', token: 'token', cookies: [] },
    },
    new AbortController().signal,
  );

test.each<[string, Explanation | undefined, Explanation | undefined]>([
  ['another row', { replacedBy: '2' }, { replacedBy: '2' }],
  ['a cancelled class', 'class-cancelled', 'class-cancelled'],
  ['a moved class, with the shots', MOVED, { ...MOVED, shots: 3 }],
  ['nothing', undefined, undefined],
])(
  'what has ended the shots explains them if the timetable cannot be read again: %s',
  async (_what, changed, expected) => {
    expect(await explain(changed)).toEqual(expected);
  },
);

test('a refusal for another reason needs no explanation', async () => {
  expect(await explain({ replacedBy: '2' }, 'no-credit')).toBeUndefined();
});
