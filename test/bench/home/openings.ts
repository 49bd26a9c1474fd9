import { DAY, type Instant, MINUTE, SECOND } from '../../../lib/platform/clock.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import type { SimulatorProcess } from '../../support/home/simulator-process.ts';
import type { Published } from './ntfy-receiver.ts';
import type { Traffic } from './traffic.ts';

/** When the first class opens, how long after it the next one does, and how long before the end the last one, in milliseconds. */
const FIRST = 75 * SECOND;
const EVERY = MINUTE;
const LAST_BEFORE_END = 30 * SECOND;

/** How long before its opening a class is ordered at the earliest, in milliseconds: between the openings of others. */
const ORDERED_BEFORE = 4.5 * MINUTE;

/** How often an order is sent that gets no answer of success, and how long after the one before, in milliseconds. */
const TRIES = 30;
const PAUSE = 2 * SECOND;

/** Classes start on this day, on which the traffic books nothing. */
const DAYS_AHEAD = 6;

/** A class that was ordered, and its members, by number. */
type Opening = { readonly name: string; readonly classId: string; readonly members: readonly number[] };

/** What became of the pre-bookings. `missing`: not booked. `untold` and `toldAgain`: their message did not come once. */
export type Outcome = {
  readonly ordered: number;
  readonly missing: readonly string[];
  readonly untold: readonly string[];
  readonly toldAgain: readonly string[];
};

export const sleepUntil = (instant: Instant): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, instant - clock.now())));

/** Lists when classes open in a run. */
export function planOpenings(startedAt: Instant, minutes: number): readonly Instant[] {
  const count = Math.max(1, Math.floor((minutes * MINUTE - LAST_BEFORE_END - FIRST) / EVERY) + 1);
  return Array.from({ length: count }, (_, index) => startedAt + FIRST + index * EVERY);
}

/** Orders one class after the other while a run lasts: each opens later, and two members of three want it. */
export class Openings {
  readonly #simulator: SimulatorProcess;
  readonly #traffic: Traffic;
  readonly #members: number;
  readonly #made: Opening[] = [];

  constructor(simulator: SimulatorProcess, traffic: Traffic, members: number) {
    this.#simulator = simulator;
    this.#traffic = traffic;
    this.#members = members;
  }

  async run(openings: readonly Instant[]): Promise<void> {
    for (const [index, opensAt] of openings.entries()) {
      await sleepUntil(opensAt - ORDERED_BEFORE);
      await this.#order(index, opensAt);
    }
  }

  /** @param messages what the members have been told. */
  async judge(messages: readonly Published[]): Promise<Outcome> {
    const outcome = { ordered: 0, missing: [] as string[], untold: [] as string[], toldAgain: [] as string[] };
    for (const { name, classId, members } of this.#made) {
      const seats = (await this.#simulator.reservations(classId)).filter(({ waitlisted }) => !waitlisted);
      for (const member of members) {
        const label = `${name} of member ${member}`;
        const told = messages.filter(({ topic, title }) => topic === `m${member}` && title.includes(`${name},`));
        const isBooked = seats.filter(({ email }) => email === this.#traffic.emailOf(member)).length === 1;
        outcome.ordered += 1;
        if (!isBooked) outcome.missing.push(label);
        if (!told.some(({ title }) => title.startsWith('Booked: '))) outcome.untold.push(label);
        if (told.length > 1) outcome.toldAgain.push(`${label}: ${told.map(({ title }) => title).join(' | ')}`);
      }
    }
    return outcome;
  }

  async #order(index: number, opensAt: Instant): Promise<void> {
    const name = `BENCH ${String(index).padStart(3, '0')}`;
    const minute = String(index % 60).padStart(2, '0');
    const start = { day: dayAhead(DAYS_AHEAD), time: `${10 + Math.floor(index / 60)}:${minute}` };
    const added = await this.#simulator.addClass({ ...start, name, opensAt, capacity: this.#members });
    const members = Array.from({ length: this.#members }, (_, member) => member).filter(
      (member) => (member + index) % 3 !== 0,
    );
    const { box, day, classId, opensAt: opening } = added;
    const order = { box, day, classId, opensAt: opening };
    await Promise.all(members.map((member) => this.#send(member, order)));
    this.#made.push({ name, classId, members });
  }

  /** @throws Error if the order is not accepted. */
  async #send(member: number, order: object): Promise<void> {
    let status: number | undefined;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const answer = await this.#traffic
        .as(member)('POST', '/v1/prebookings', order)
        .catch(() => undefined);
      status = answer?.status;
      if (status === 201) return;
      await sleepUntil(clock.now() + PAUSE);
    }
    throw new Error(`An order was not accepted: ${status ?? 'no answer'}.`);
  }
}

export const dayAhead = (days: number): string => new Date(clock.now() + days * DAY).toISOString().slice(0, 10);
