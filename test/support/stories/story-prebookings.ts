import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { DescribedClass, Simulator } from '../../../infra/simulator/control.ts';
import { DAY, HOUR, SECOND } from '../../../lib/platform/clock.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { computeWakeUp, type Pending, prebookingId } from '../../../lib/prebookings/prebooking.ts';
import { encodePrebooking } from '../../../lib/prebookings/prebooking-record.ts';
import { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import { type Json, untilAnswered } from './api-client.ts';
import { HANGS_AFTER } from './journal.ts';
import type { Member, StoryMembers } from './story-members.ts';
import type { StoryParts } from './story-parts.ts';

/** How long to wait for one of the expected log events before the pre-booking is read again, in milliseconds. */
const ASKS_AGAIN_AFTER = 2 * SECOND;

/** Builds a pending pre-booking for a class. */
function pendingFor(email: string, added: DescribedClass): Pending {
  const opensAt = Date.parse(added.opensAt);
  const order = { box: added.box, boxId: added.boxId, day: added.day, classId: added.classId, familyId: null };
  return {
    ...order,
    whenFull: null,
    routineId: null,
    email,
    id: prebookingId(email, order),
    generation: Math.floor(opensAt),
    className: added.name,
    classTime: added.time,
    classStartsAt: opensAt + 3 * DAY,
    opensAt,
    wakesAt: computeWakeUp(opensAt),
    createdAt: opensAt - HOUR,
    status: 'pending',
    armed: true,
    lease: null,
  };
}

/** The pre-bookings of a story, as the table holds them. */
export function storedPrebookings({ documents, clock, simulator, stack }: StoryParts) {
  const prebookings = new PrebookingStore({ documents, table: 'prebookings', clock });
  return {
    fire: async (input: { email: string; id: string; order: number }) =>
      (await stack.invoke('fire-prebooking', { firings: [input] })).payload,
    schedulesOf: (id: string) => stack.schedules(id),
    refuseSchedules: (on: boolean) => stack.refuseSchedules(on),
    async orderOf(email: string, id: string): Promise<number> {
      const prebooking = await prebookings.find({ email, id });
      if (!prebooking) throw new Error('no such pre-booking');
      return prebooking.generation;
    },
    async idOf(email: string, classId: string): Promise<string> {
      const found = (await prebookings.list(email)).find((prebooking) => prebooking.classId === classId);
      if (!found) throw new Error('no such pre-booking');
      return found.id;
    },
    /** Stores a pre-booking whose wake-up was lost. */
    async forgottenPrebooking(email: string, wanted: Parameters<Simulator['addClass']>[0]) {
      const added = await simulator.addClass(wanted);
      const pending = pendingFor(email, added);
      await documents.send(new PutCommand({ TableName: 'prebookings', Item: encodePrebooking(pending) }));
      return { id: pending.id, order: pending.generation, classId: added.classId };
    },
  };
}

/** Waits for the end of pre-bookings. */
export function prebookingEnds({ api, journal }: StoryParts, { watcherOf }: StoryMembers) {
  const { lines, logged, nextLogged } = journal;

  /**
   * Waits for the end of a pre-booking, and reads it as its member would.
   *
   * @throws Error with the last lines, if it has not ended in `HANGS_AFTER`.
   */
  async function finishedFor(token: string, id: string): Promise<Json> {
    const deadline = systemClock.monotonic() + HANGS_AFTER;
    for (;;) {
      const ended = nextLogged(['prebooking-finished', 'wake-up-skipped'], { prebooking: id }, ASKS_AGAIN_AFTER);
      const answer = await untilAnswered(() => api.as(token).get(`/v1/prebookings/${id}`));
      const prebooking = answer.body['prebooking'] as Json;
      if (prebooking['status'] !== 'pending' && prebooking['status'] !== 'firing') return prebooking;
      if (systemClock.monotonic() > deadline)
        throw new Error(`still ${prebooking['status']}: ${lines.slice(-5).join('\n')}`);
      await ended;
    }
  }

  return {
    finishedFor,
    /** Waits for the end of a pre-booking. The member logs in only then, because a login may renew a dead session. */
    async finished(member: Member, id: string): Promise<Json> {
      await logged('prebooking-finished', { prebooking: id });
      return finishedFor(await watcherOf(member), id);
    },
  };
}
