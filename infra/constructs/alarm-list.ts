import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { type IMetric, MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS } from '../../lib/platform/metric-names.ts';
import type { Outcome } from '../../lib/prebookings/prebooking.ts';
import type { Functions } from './functions.ts';
import { emitted, PERIOD, summed } from './metrics.ts';
import type { WakeUps } from './wake-ups.ts';

export type Watched = { readonly functions: Functions; readonly wakeUps: WakeUps; readonly api: HttpApi };

export type ServiceAlarm = {
  readonly id: string;
  readonly metric: IMetric;
  /** For so many periods on end. */
  readonly periods?: number;
  /** Who is hurt, and what to do. */
  readonly says: string;
} & (
  | { /** Raised while the metric is above this; no data is no trouble. */ readonly above: number }
  | { /** Raised while the metric is below this, or has no data. */ readonly below: number }
);

/** The alarms of the service as a whole. */
export const serviceAlarms = (watched: Watched): readonly ServiceAlarm[] => [
  ...firing(watched),
  ...outcomes(),
  ...refreshing(watched),
  ...serving(watched),
  ...planning(watched),
];

const HOUR = { period: Duration.hours(1) };

const firing = ({ functions, wakeUps }: Watched): readonly ServiceAlarm[] => [
  {
    id: 'shots-late',
    metric: emitted(METRICS.latenessMs, { statistic: Stats.p(90) }),
    // Classes fill in about two seconds; what the calibration promises is a tenth of this.
    above: 250,
    says: 'Members lose classes to quicker ones: shots arrive late. Look at latenessBoundMs in prebooking-finished: a wide bound is the path to AimHarder, a narrow one is this function waiting for its turn (memory, concurrency).',
  },
  {
    id: 'wake-ups-late',
    metric: emitted(METRICS.wakeUpLate, { statistic: Stats.MAXIMUM }),
    // At its latest within the minute a wake-up comes 30 s ahead, and the preparation takes some 15.
    above: 10_000,
    says: 'Members’ pre-bookings have too little time to prepare: wake-ups come late. See the Scheduler’s health in this Region, and whether firings are throttled.',
  },
  {
    id: 'wake-ups-lost',
    metric: emitted(METRICS.wakeUpLost),
    above: 0,
    says: 'A member’s pre-booking had no wake-up; the sweep has started it, perhaps with little time left. Find it by its id and see which function failed to arm it.',
  },
  {
    id: 'wake-ups-undelivered',
    metric: wakeUps.undelivered.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: PERIOD }),
    above: 0,
    says: 'Each message is a pre-booking whose wake-up could not be delivered; the sweep starts it within a minute. Read the error in the message’s attributes, mend it, and delete the message.',
  },
  {
    id: 'firings-failed',
    metric: functions.failedFirings.metricApproximateNumberOfMessagesVisible({
      statistic: Stats.MAXIMUM,
      period: PERIOD,
    }),
    above: 0,
    says: 'Each message is a pre-booking whose firing failed or came too late; the sweep starts it again until its grace is over. Find it by the id in the message, see how it ended, and delete the message.',
  },
  {
    id: 'firings-throttled',
    metric: functions.fire.metricThrottles(summed),
    above: 0,
    says: 'Members lose classes: more pre-bookings open at once than functions may run. Have the account’s Lambda concurrency raised, or reserve some (fireReservedConcurrency).',
  },
];

/** Outcomes that hurt a member, how many in an hour are too many, and what they mean. */
const HURTING: readonly (readonly [id: string, outcome: Outcome, above: number, says: string])[] = [
  [
    'missed',
    'missed',
    0,
    'A member lost a class because nobody fired the pre-booking in time. Find it by its id: its log says which wake-ups came, and how they ended.',
  ],
  [
    'answers-unknown',
    'unknown',
    0,
    'Members lose classes: AimHarder answers what is not known here. Its code is in prebooking-finished; npm run doctor tells which of its habits have changed.',
  ],
  [
    'openings-wrong',
    'too-early',
    0,
    'Members lose classes: a box opens later than it said, by more than the shots go on. Compare its opening rule with its page, and set BOX_OPENINGS.',
  ],
  [
    'aimharder-unreachable',
    'upstream-unreachable',
    2,
    'Members lose classes: AimHarder could not be reached when their bookings opened. See whether its site answers; nothing here helps but telling the members.',
  ],
  [
    'aimharder-silent',
    'upstream-timeout',
    2,
    'Members may have lost classes: AimHarder took a booking and gave no answer in time, nor did its timetable show it. Tell the members to look.',
  ],
  [
    'aimharder-rejecting',
    'upstream-rejected',
    2,
    'Members lose classes: AimHarder answers bookings with errors. See whether its site works; npm run doctor tells which of its habits have changed.',
  ],
  [
    'logins-missing',
    'login-required',
    2,
    'Members lose classes because their background sessions are dead. Only they can log in: tell them; if they are many, see sessions-ended.',
  ],
];

const outcomes = (): readonly ServiceAlarm[] =>
  HURTING.map(([id, outcome, above, says]) => ({
    id,
    metric: emitted(METRICS.prebookingFinished, { ...HOUR, dimensionsMap: { outcome } }),
    above,
    says,
  }));

const refreshing = ({ functions }: Watched): readonly ServiceAlarm[] => [
  ...(['refresh-tokens', 'sweep'] as const).map((name) => ({
    id: `${name}-not-running`,
    metric: functions.named(name).metricInvocations(summed),
    below: 1,
    says:
      name === 'sweep'
        ? 'Pre-bookings whose wake-up got lost stay lost, and their members lose the class: nothing starts the sweep. See whether its schedule is enabled.'
        : 'In half an hour all members have to log in again: nothing starts the refresh. See whether its schedule is enabled.',
  })),
  {
    id: 'sessions-left',
    metric: emitted(METRICS.sessionsLeft),
    above: 0,
    periods: 3,
    says: 'Sessions go stale, and their members’ pre-bookings fail: a minute is too short for those that are due. Raise REFRESH_CONCURRENCY; AimHarder’s answers may have become slow.',
  },
  {
    id: 'refreshes-failing',
    metric: new MathExpression({
      expression: '100 * failed / (failed + refreshed)',
      usingMetrics: { failed: emitted(METRICS.sessionRefreshFailed), refreshed: emitted(METRICS.sessionsRefreshed) },
      period: PERIOD,
      label: 'refreshes that fail, in percent',
    }),
    above: 20,
    periods: 3,
    says: 'After half an hour without a refresh members have to log in again. AimHarder is down, or refuses: see lastTokenUpdateError of the sessions, and npm run doctor.',
  },
  {
    id: 'sessions-ended',
    metric: emitted(METRICS.sessionLoginRequired, HOUR),
    above: 20,
    says: 'Members have to log in again, and their pre-bookings are at risk until they do: AimHarder ends sessions. See whether refreshes come late (sessions-left) or AimHarder has changed (npm run doctor).',
  },
  {
    id: 'renewal-gone',
    metric: emitted(METRICS.refreshedByWhoAmI, HOUR),
    above: 0,
    says: 'Nobody is hurt yet: AimHarder no longer renews tokens, and sessions live by use alone. Watch sessions-ended, and read what npm run doctor says of tokenUpdate.',
  },
];

const serving = ({ api }: Watched): readonly ServiceAlarm[] => [
  {
    id: 'requests-failing',
    metric: new MathExpression({
      expression: '100 * failed / asked',
      usingMetrics: { failed: api.metricServerError(summed), asked: api.metricCount(summed) },
      period: PERIOD,
      label: 'requests answered with 5xx, in percent',
    }),
    above: 20,
    periods: 3,
    says: 'Members’ clients get errors for every fifth request. 502 to 504 are AimHarder’s: see whether its site answers. 500 is ours: the alarms of the functions say which.',
  },
];

const planning = ({ functions }: Watched): readonly ServiceAlarm[] => [
  {
    id: 'plan-routines-not-running',
    metric: functions.named('plan-routines').metricInvocations(summed),
    below: 1,
    says: 'Classes of members’ routines are not ordered: nothing starts the planner. See whether its schedule is enabled.',
  },
  {
    id: 'plans-left',
    metric: emitted(METRICS.plansLeft),
    above: 0,
    periods: 3,
    says: 'Routines are ordered late, perhaps after their openings: a minute is too short for those that are due. AimHarder’s answers may have become slow; else give the planner more memory.',
  },
];
