import type { Simulator } from '../../../infra/simulator/control.ts';
import type { StoryParts } from './story-parts.ts';

/** The classes of a story, and what the simulator has recorded about them. */
export const storyClasses = ({ simulator }: StoryParts) => ({
  /** Adds a class to the simulator. @returns what a client orders; `opensAt` is on the simulator's clock. */
  async addClass(wanted: Parameters<Simulator['addClass']>[0]) {
    const { box, day, classId, opensAt } = await simulator.addClass(wanted);
    return { box, day, classId, opensAt };
  },
  /** Finds a class of the timetable that is not open yet, and when its box will open it. */
  async classNotYetOpen(offset = 0) {
    const { box, day, classId, opensAt } = await simulator.nextRollingClass(offset);
    return { wanted: { box, day, classId }, opensAt };
  },
  shotsAt: (classId: string) => simulator.record.bookings.filter((shot) => shot.classId === classId),
  /** Counts a member's reservations in a class. */
  reservationsIn: (classId: string, email: string) =>
    simulator.reservations(classId).filter((reservation) => reservation.email === email).length,
  /** Counts all requests that AimHarder has received. */
  requests: () => Object.values(simulator.record.requests).reduce((sum, count) => sum + count, 0),
});
