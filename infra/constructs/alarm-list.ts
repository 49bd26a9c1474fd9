import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { type IMetric, MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS, OUTCOME } from '../../lib/platform/metric-names.ts';
import type { Outcome } from '../../lib/prebookings/prebooking.ts';
import type { Functions } from './functions.ts';
import { type Emitted, PERIOD, summed } from './metrics.ts';
import type { Notifications } from './notifications.ts';
import type { OnEvents } from './on-events.ts';
import type { WakeUps } from './wake-ups.ts';

export type Watched = {
  readonly functions: Functions;
  readonly wakeUps: WakeUps;
  readonly events: OnEvents;
  readonly api: HttpApi;
  /** Where alarms and failures go by mail. */
  readonly notifications: Notifications | undefined;
};

export type ServiceAlarm = {
  readonly id: string;
  readonly metric: IMetric;
  /** For so many periods on end: one, if nothing is said. */
  readonly periods?: number;
  /** Who is hurt, and what to do. */
  readonly says: string;
} & (
  | { /** Raised while the metric is above this; no data is no trouble. */ readonly above: number }
  | { /** Raised while the metric is below this, or has no data. */ readonly below: number }
);

/** The alarms of the service as a whole. */
export const serviceAlarms = (watched: Watched, emitted: Emitted): readonly ServiceAlarm[] => [
  ...firing(watched, emitted),
  ...outcomes(emitted),
  ...running(watched),
  ...refreshing(emitted),
  ...serving(watched),
  ...planning(emitted),
  ...telling(watched),
];

/** What runs every minute, and does not. */
const running = ({ functions }: Watched): readonly ServiceAlarm[] =>
  functions.all.flatMap(({ name, definition, lambda }) =>
    definition.everyMinute
      ? [
          {
            id: `${name}-not-running`,
            // A new stack has no data until its schedules have run for a few minutes; half an hour would be too long to wait.
            metric: lambda.metricInvocations({ ...summed, period: Duration.minutes(1) }),
            below: 1,
            periods: 10,
            says: `${definition.whenItFails} Nothing starts ${name}: see whether its schedule is enabled.`,
          },
        ]
      : [],
  );

const HOUR = { period: Duration.hours(1) };

const firing = ({ functions, wakeUps }: Watched, emitted: Emitted): readonly ServiceAlarm[] => [
  {
    id: 'shots-late',
    metric: emitted(METRICS.latenessMs, { statistic: Stats.p(90) }),
    // Classes fill in about two seconds; what the calibration promises is a tenth of this.
    above: 250,
    says: 'Members lose classes to quicker ones: shots arrive late. Look at latenessBoundMs in prebooking-finished: a wide bound is the path to AimHarder, a narrow one is this function waiting for its turn (memory, concurrency).',
  },
  {
    id: 'shots-early',
    metric: emitted(METRICS.earlyShots),
    above: 0,
    says: 'A member may have lost a class: by the estimate a first shot came before the opening, and the next one waits for AimHarder’s refusal. Compare latenessMs with latenessBoundMs in prebooking-finished; if it was early by more than a few milliseconds, or it happens again, set AIM to safe.',
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
    metric: wakeUps.undelivered.held,
    above: 0,
    says: 'Each message is a pre-booking whose wake-up could not be delivered; the sweep starts it within a minute. Read the error in the message’s attributes, mend it, and delete the message.',
  },
  {
    id: 'firings-failed',
    metric: functions.failedFirings.held,
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

const outcomes = (emitted: Emitted): readonly ServiceAlarm[] =>
  HURTING.map(([id, outcome, above, says]) => ({
    id,
    metric: emitted(METRICS.prebookingFinished, { ...HOUR, dimensionsMap: { [OUTCOME]: outcome } }),
    above,
    says,
  }));

const refreshing = (emitted: Emitted): readonly ServiceAlarm[] => [
  {
    id: 'sessions-left',
    metric: emitted(METRICS.sessionsLeft),
    above: 0,
    periods: 3,
    says: 'Sessions go stale, and their members’ pre-bookings fail: a minute is too short for those that are due. Raise REFRESH_CONCURRENCY; AimHarder’s answers may have become slow.',
  },
  {
    id: 'tokens-old',
    metric: emitted(METRICS.oldestTokenAgeMs, { statistic: Stats.MAXIMUM }),
    // Tried every 8 minutes: two failures in a row leave a token 24 minutes old, and at 30 AimHarder has forgotten it.
    above: Duration.minutes(25).toMilliseconds(),
    says: 'A member’s session is about to die, and their pre-bookings with it: its token is more than 25 minutes old, of the 30 that AimHarder knows one. See whether many fail (refreshes-failing) or wait (sessions-left); if it is one, lastTokenUpdateError of the session says why.',
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

const telling = ({ events, notifications }: Watched): readonly ServiceAlarm[] => [
  {
    id: 'events-undelivered',
    metric: events.undelivered.held,
    above: 0,
    says: 'Each message is an event that its member was not told of. Read the error in it, mend that, start notify with the event it holds, and delete the message.',
  },
  ...(notifications
    ? [
        {
          id: 'mail-unsent',
          metric: notifications.unsent.held,
          above: 0,
          says: 'You are not told of what fails: each message is an alarm, or a failure of a pre-booking or a session, that could not be sent as mail. Read it, see whether the subscription is still confirmed, and delete the message.',
        },
      ]
    : []),
];

const planning = (emitted: Emitted): readonly ServiceAlarm[] => [
  {
    id: 'plans-left',
    metric: emitted(METRICS.plansLeft),
    above: 0,
    periods: 3,
    says: 'Routines are ordered late, perhaps after their openings: a minute is too short for those that are due. AimHarder’s answers may have become slow; else give the planner more memory.',
  },
];
