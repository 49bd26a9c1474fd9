import { table } from '../table.ts';
import type { Outcome } from './openings.ts';
import type { Restart } from './restarted-service.ts';
import { findBadAnswers, growthOf, type Sample } from './samples.ts';
import type { Answered } from './traffic.ts';

/** Memory is judged after this many minutes, or after the first third of a shorter run. */
const WARM_UP_MINUTES = 10;
/** Memory does not grow if its mean in the last quarter is at most this many times that of the first quarter after the warm-up. */
const FLAT = 1.1;
const MAX_RSS_MB = 256;
const KILLS = 2;

export type Run = {
  readonly minutes: number;
  readonly rate: number;
  readonly members: number;
  readonly samples: readonly Sample[];
  readonly openings: number;
  readonly outcome: Outcome;
  readonly restarts: readonly Restart[];
  /** How many messages the members have got. */
  readonly messages: number;
  readonly answered: Answered;
};

export function describeRun(run: Run, broken: readonly string[]): string {
  const { minutes, rate, members, samples, openings, outcome, restarts, messages, answered } = run;
  const { from, to } = growthOf(judgedOf(run), 'rssMb');
  const slope = slopeOf(judgedOf(run));
  return [
    `npm start -- --live: ${members} members, ${rate} requests a second for ${minutes} minutes`,
    table(samples),
    `resident after the warm-up: ${from.toFixed(0)} MB in its first quarter, ${to.toFixed(0)} in its last; ${slope.toFixed(1)} MB an hour`,
    `${openings} openings, ${outcome.ordered} pre-bookings, ${outcome.missing.length} not booked, ${outcome.untold.length} not told, ${outcome.toldAgain.length} told again; ${messages} messages in all`,
    ...restarts.map(({ killedAt, seconds }) => `killed at ${killedAt}, up again after ${seconds} s`),
    JSON.stringify(answered, undefined, 1),
    `promised: under ${MAX_RSS_MB} MB at the end, no growth after the warm-up, every pre-booking booked and told once, no 5xx, ${KILLS} kills`,
    ...broken.map((promise) => `BROKEN: ${promise}`),
  ].join('\n');
}

export function findBrokenPromises(run: Run): readonly string[] {
  const { outcome, restarts, samples, answered } = run;
  const { from, to } = growthOf(judgedOf(run), 'rssMb');
  const atEnd = Math.max(...samples.slice(-Math.ceil(samples.length / 4)).map(({ rssMb }) => rssMb));
  return [
    ...(atEnd >= MAX_RSS_MB ? [`${atEnd} MB were resident in the last quarter`] : []),
    ...(to > FLAT * from ? [`resident memory grew from ${from.toFixed(0)} to ${to.toFixed(0)} MB`] : []),
    ...outcome.missing.map((one) => `not booked: ${one}`),
    ...outcome.untold.map((one) => `not told: ${one}`),
    ...outcome.toldAgain.map((one) => `told more than once: ${one}`),
    ...(restarts.length < KILLS ? [`the service was killed ${restarts.length} times`] : []),
    ...findBadAnswers(answered),
  ];
}

const judgedOf = ({ samples, minutes }: Run): readonly Sample[] =>
  samples.filter(({ minute }) => minute >= Math.min(WARM_UP_MINUTES, Math.ceil(minutes / 3)));

/** Fits a line through the resident memory by least squares. @returns its slope, in MB an hour. */
function slopeOf(samples: readonly Sample[]): number {
  const middle = samples.reduce((sum, { minute }) => sum + minute, 0) / samples.length;
  const spread = samples.reduce((sum, { minute }) => sum + (minute - middle) ** 2, 0);
  return spread === 0
    ? 0
    : (60 * samples.reduce((sum, { minute, rssMb }) => sum + (minute - middle) * rssMb, 0)) / spread;
}
