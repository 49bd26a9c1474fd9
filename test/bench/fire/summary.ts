import { type Distribution, distributionOf, rounded } from '../distribution.ts';
import { type Race, WAYS, type Way } from './independent.ts';
import type { Crowd } from './simultaneous.ts';
import type { ShotReport } from './ways.ts';

export type WaySummary = {
  readonly way: Way;
  /** When the first shot arrived, in milliseconds after the opening by the simulator's clock. */
  readonly firstShot: Distribution;
  /** First shots that arrived before the opening. */
  readonly early: number;
  /** At how many openings this way got the seat. */
  readonly booked: number;
  /** When the shot that got the seat arrived. */
  readonly place: Distribution | null;
  /** At how many openings this way was the first, the oracle left out. */
  readonly first: number;
};

export type ReportSummary = {
  readonly calibrated: number;
  /** Shots whose true lateness was within the reported bound. */
  readonly withinBound: number;
  /** Reported lateness minus true lateness. */
  readonly error: Distribution;
  readonly bound: Distribution;
  /** How long after the aimed instant the request was written (timer and event loop). */
  readonly heldTooLong: Distribution;
  readonly uneven: Distribution;
  readonly parts: Parts;
  /** The requests of one firing, the shot included. */
  readonly requests: Distribution;
  readonly awake: Distribution;
};

/** The parts of the lateness. */
type Parts = {
  /** For the unknown part of the path. */
  readonly margin: Distribution;
  /** How far the likely and the latest undelayed arrival were still apart. */
  readonly bracket: Distribution;
  readonly timer: Distribution;
  readonly eventLoop: Distribution;
  /** What is left: the error of the likely arrival, and the jitter of the shot itself. */
  readonly rest: Distribution;
};

export function summarize(races: readonly Race[]) {
  return {
    ways: WAYS.map((way) => summarizeWay(way, races)),
    told: summarizeReports(races.map(({ told, first }) => ({ told, truth: first['on the dot'] }))),
  };
}

function summarizeWay(way: Way, races: readonly Race[]): WaySummary {
  const first = races.map((race) => race.first[way]).filter(Number.isFinite);
  const places = races.map(({ booked }) => booked[way]).filter((late) => late !== null);
  return {
    way,
    firstShot: distributionOf(first),
    early: first.filter((late) => late < 0).length,
    booked: places.length,
    place: places.length > 0 ? distributionOf(places) : null,
    first: races.filter((race) => findWinner(race) === way).length,
  };
}

function findWinner({ booked }: Race): Way | undefined {
  const placed = WAYS.filter((way) => way !== 'oracle' && booked[way] !== null);
  return placed.sort((a, b) => (booked[a] ?? 0) - (booked[b] ?? 0))[0];
}

function summarizeReports(all: readonly { readonly told: ShotReport; readonly truth: number }[]): ReportSummary {
  // A shot that is lost has no lateness.
  const shots = all.filter(({ truth }) => Number.isFinite(truth));
  const errors = shots.map(({ told, truth }) => told.latenessMs - truth);
  const bounds = shots.map(({ told }) => told.latenessBoundMs ?? Number.POSITIVE_INFINITY);
  return {
    calibrated: shots.filter(({ told }) => told.method === 'calibrated').length,
    withinBound: errors.filter((error, shot) => Math.abs(error) <= (bounds[shot] ?? 0)).length,
    error: distributionOf(errors),
    bound: distributionOf(bounds),
    heldTooLong: distributionOf(shots.map(({ told }) => told.heldTooLongMs)),
    uneven: knownOf(shots.map(({ told }) => told.unevenMs)),
    parts: partsOf(shots),
    requests: distributionOf(shots.map(({ told }) => told.requests)),
    awake: distributionOf(shots.map(({ told }) => told.awakeMs)),
  };
}

/** The distribution of what is known: a shot without a calibration has no margin. */
const knownOf = (values: readonly number[]): Distribution => distributionOf(values.filter(Number.isFinite));

const partsOf = (shots: readonly { readonly told: ShotReport; readonly truth: number }[]): Parts => ({
  margin: knownOf(shots.map(({ told }) => told.marginMs)),
  bracket: knownOf(shots.map(({ told }) => told.bracketMs)),
  timer: distributionOf(shots.map(({ told }) => told.timerMs)),
  eventLoop: distributionOf(shots.map(({ told }) => told.eventLoopMs)),
  rest: knownOf(shots.map(({ told, truth }) => truth - told.marginMs - told.heldTooLongMs)),
});

/** Summarizes openings over TLS, at which only our way and the oracle's were run. */
export function summarizeTls(races: readonly Race[]) {
  const { ways, told } = summarize(races);
  return { ways: ways.filter(({ way }) => way === 'on the dot' || way === 'oracle'), told };
}

export type CrowdSummary = {
  readonly members: number;
  readonly fired: number;
  readonly booked: number;
  readonly early: number;
  readonly onTheDot: Distribution;
  readonly oracle: Distribution;
  readonly heldTooLong: Distribution;
  /** The requests of one member, the shot included. */
  readonly requests: Distribution;
};

export const summarizeCrowd = ({ members, booked, onTheDot, oracle, told }: Crowd): CrowdSummary => ({
  members,
  fired: onTheDot.length,
  booked,
  early: onTheDot.filter((late) => late < 0).length,
  onTheDot: distributionOf(onTheDot),
  oracle: distributionOf(oracle),
  heldTooLong: distributionOf(told.map(({ heldTooLongMs }) => heldTooLongMs)),
  requests: distributionOf(told.map(({ requests }) => requests)),
});

/** Milliseconds after the oracle's shot, shares, and requests of one firing. */
const PROMISED = {
  ...{ p50: 6.5, p99: 10, crowdP99: 60, firstShare: 0.95 },
  ...{ requestsAlone: 30, requestsShared: 12 },
} as const;

/** Compares the README's promises with what was measured. */
export function verdicts({ ways, told }: ReturnType<typeof summarize>, crowds: readonly CrowdSummary[]) {
  const [ours, theirs] = [ways.find(({ way }) => way === 'on the dot'), ways.find(({ way }) => way === 'oracle')];
  if (!ours || !theirs) return [];
  const { firstShot } = ours;
  const beyond = (share: 'p50' | 'p99') => rounded(firstShot[share] - theirs.firstShot[share]);
  const verdict = (promise: string, measured: string, kept: boolean) => ({
    promise,
    measured,
    kept: kept ? 'yes' : 'NO',
  });
  return [
    verdict(`within ${PROMISED.p50} ms of the oracle at p50`, `${beyond('p50')} ms`, beyond('p50') <= PROMISED.p50),
    verdict(`within ${PROMISED.p99} ms of the oracle at p99`, `${beyond('p99')} ms`, beyond('p99') <= PROMISED.p99),
    verdict('no shot early', `${ours.early} of ${firstShot.count}`, ours.early === 0),
    verdict(
      'first of all in 95 % of openings',
      `${rounded((100 * ours.first) / firstShot.count)} %`,
      ours.first >= PROMISED.firstShare * firstShot.count,
    ),
    verdict(
      `at most ${PROMISED.requestsAlone} requests alone`,
      `${told.requests.max}`,
      told.requests.max <= PROMISED.requestsAlone,
    ),
    ...crowds.flatMap(({ members, fired, early, onTheDot, oracle, requests }) => [
      verdict(
        `${members} at once: at most ${PROMISED.requestsShared} requests a member`,
        `${rounded(requests.mean)} on average, ${requests.max} at most`,
        requests.mean <= PROMISED.requestsShared,
      ),
      verdict(
        `${members} at once: all fired, none early`,
        `${fired} fired, ${early} early`,
        fired === members && early === 0,
      ),
      verdict(
        `${members} at once: within ${PROMISED.crowdP99} ms of the oracle at p99`,
        `${rounded(onTheDot.p99 - oracle.p99)} ms`,
        onTheDot.p99 - oracle.p99 <= PROMISED.crowdP99,
      ),
    ]),
  ];
}
