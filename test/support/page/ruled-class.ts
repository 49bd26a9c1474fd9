import { plusDays } from '../../../infra/simulator/calendar.ts';
import type { AddClass } from '../../../infra/simulator/simulator.ts';
import { MINUTE } from '../../../lib/platform/clock.ts';
import type { World } from '../stories/world.ts';

/** How many days before a class the simulated box opens it, at the class's own time. */
const DAYS_BEFORE = 4;

const madrid = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Madrid',
  dateStyle: 'short',
  timeStyle: 'short',
});

/** Adds a class whose opening follows from its box's rule, so that a refusal tells it. It opens at the next whole minute after a while. */
export function addRuledClass(world: World, inMs: number, more: AddClass = {}) {
  const opensAt = Math.ceil((world.simulator.now() + inMs) / MINUTE) * MINUTE;
  const [day = '', time = ''] = madrid.format(opensAt).split(' ');
  return world.addClass({ ...more, day: plusDays(day, DAYS_BEFORE), time });
}
