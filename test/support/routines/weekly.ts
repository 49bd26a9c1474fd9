import { plusDays, toWallTime, weekdayOf } from '../../../infra/simulator/calendar.ts';
import type { AddClass } from '../../../infra/simulator/simulator.ts';
import type { Json } from '../stories/api-client.ts';
import type { World } from '../stories/world.ts';

const ZONE = 'Europe/Madrid';
const HOUR = 3_600_000;
const MINUTE = 60_000;

/** Returns the day that is `days` days from now, at the box. */
export const dayIn = (world: World, days: number): string =>
  plusDays(toWallTime(world.simulator.now(), ZONE).day, days);

/** Builds a routine for the timetable's class at 18:00 in six days, which its box opens in two days. */
export const inSixDays = (world: World, className = 'WOD') => ({
  ...{ box: 'crossfit-demo', weekday: weekdayOf(dayIn(world, 6)), startsAt: '18:00', className },
  opening: { daysBefore: 4 },
});

let names = 0;

/** Adds a class, and builds its routine. The class opens at a full minute, because rules have no seconds. */
export function weekly(world: World, { opensIn = HOUR, ...wanted }: AddClass & { readonly opensIn?: number } = {}) {
  names += 1;
  const opensAt = Math.ceil((world.simulator.now() + opensIn) / MINUTE) * MINUTE;
  const { box, day, classId, time, name } = world.simulator.addClass({ name: `CLASS ${names}`, opensAt, ...wanted });
  const opens = toWallTime(opensAt, ZONE);
  const daysBefore = (Date.parse(day) - Date.parse(opens.day)) / (24 * HOUR);
  const terms = {
    ...{ box, weekday: weekdayOf(day), startsAt: time, className: name },
    opening: { daysBefore, time: opens.time },
  };
  return { classId, day, opensAt: new Date(opensAt).toISOString(), terms };
}

/** Creates a member with a device, and the actions of the stories on it. */
export async function subscriber(world: World) {
  const member = world.member();
  const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
  return {
    member,
    phone,
    async make(terms: object): Promise<Json> {
      const { status, text, body } = await phone.post('/v1/routines', terms);
      if (status !== 201) throw new Error(`routine: ${status} ${text}`);
      return body['routine'] as Json;
    },
    routine: async (id: unknown) => (await phone.get(`/v1/routines/${id}`)).body['routine'] as Json,
    orders: async (query = '') => (await phone.get(`/v1/prebookings${query}`)).body['prebookings'] as readonly Json[],
  };
}

/** Runs the planner once. */
export async function plan(world: World): Promise<Json> {
  const { payload, functionError } = await world.stack.invoke('plan-routines', {
    scheduledTime: '2027-01-01T10:07:00Z',
  });
  if (functionError !== undefined) throw new Error(`the planner failed: ${world.lines.slice(-3).join('\n')}`);
  return payload as Json;
}
