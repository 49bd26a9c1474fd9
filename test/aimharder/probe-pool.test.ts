import { describe, expect, test } from 'vitest';
import type { ProbeAnswer } from '../../lib/aimharder/estimate.ts';
import { ALONE, type PoolMember, ProbePool } from '../../lib/aimharder/probe-pool.ts';
import { sharedCalibrations } from '../../lib/aimharder/shared-calibrations.ts';
import { type Instant, MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { manualClock } from '../support/platform/manual-clock.ts';

const start = Date.parse('2026-03-27T19:28:37.613Z');

describe('a pool of answers', () => {
  const answer = (sentAt: Instant, address: string | undefined, connection = 1): ProbeAnswer => {
    return { sentAt, answeredAt: sentAt + 50, date: 0, connection, address };
  };
  const answersOf = (member: PoolMember, at = start) => member.view(at).answers.flat().length;

  test('gives each member the answers of the others at its address', () => {
    const pool = new ProbePool(MINUTE);
    const [ana, bea, cruz] = [pool.join(), pool.join(), pool.join()];
    ana.add(answer(start, '192.0.2.1'));
    bea.add(answer(start, '192.0.2.1'));
    cruz.add(answer(start, '192.0.2.2'));

    expect(ana.view(start)).toMatchObject({ members: 2, index: 0 });
    expect(bea.view(start)).toMatchObject({ members: 2, index: 1 });
    expect([answersOf(ana), answersOf(bea), answersOf(cruz)]).toEqual([1, 1, 0]);
  });

  test('gives nothing to a connection whose address is unknown, and takes nothing from it', () => {
    const pool = new ProbePool(MINUTE);
    const [ana, bea] = [pool.join(), pool.join()];
    ana.add(answer(start, '192.0.2.1'));
    bea.add(answer(start, undefined));

    expect(bea.view(start)).toEqual(ALONE);
    expect(ana.view(start)).toMatchObject({ members: 1, answers: [] });
  });

  test('keeps the answers of a member that has left, for a minute', () => {
    const pool = new ProbePool(MINUTE);
    const [ana, bea] = [pool.join(), pool.join()];
    ana.add(answer(start, '192.0.2.1'));
    ana.leave();

    expect(bea.view(start)).toMatchObject({ members: 1, answersOfFormerMembers: 1 });
    expect(answersOf(bea, start + MINUTE)).toBe(1);
    expect(answersOf(bea, start + MINUTE + 1)).toBe(0);
  });

  test('counts the answers of those who have left for half a minute, and none without a Date', () => {
    const pool = new ProbePool(MINUTE);
    const [ana, bea] = [pool.join(), pool.join()];
    ana.add(answer(start, '192.0.2.1'));
    ana.add({ ...answer(start, '192.0.2.1'), date: undefined });
    ana.leave();

    expect(bea.view(start + 30 * SECOND)).toMatchObject({ answersOfFormerMembers: 1 });
    // It would no longer be kept when a calibration ends that begins now.
    expect(bea.view(start + 30 * SECOND + 1)).toMatchObject({ answersOfFormerMembers: 0 });
    expect(answersOf(bea, start + 30 * SECOND + 1)).toBe(2);
  });

  test('gives a member its own answers over an earlier connection to the same address', () => {
    const ana = new ProbePool(MINUTE).join();
    ana.add(answer(start, '192.0.2.1', 1));
    ana.add(answer(start + SECOND, '192.0.2.1', 2));

    expect(answersOf(ana, start + SECOND)).toBe(1);
  });

  test('belongs to one box, and is emptied if our own clock has stood still', () => {
    const clock = manualClock(start);
    const clockOf = sharedCalibrations(clock);
    const [ana, bea, other] = [clockOf('box').join(), clockOf('box').join(), clockOf('other-box').join()];
    ana.add(answer(start, '192.0.2.1'));
    expect([answersOf(bea), answersOf(other)]).toEqual([1, 0]);

    clock.step(15 * MINUTE);

    expect(answersOf(bea)).toBe(0);
  });
});
