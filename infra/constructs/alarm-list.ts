import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { type IMetric, MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Outcome } from '../../lib/events/outcome.ts';
import { METRICS, OUTCOME } from '../../lib/platform/metric-names.ts';
import type { Functions } from './functions.ts';
import { PERIOD, type ServiceMetric, SUM } from './metrics.ts';
import type { Notifications } from './notifications.ts';
import type { OnEvents } from './on-events.ts';
import type { WakeUps } from './wake-ups.ts';

export type AlarmSources = {
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
  /** How many periods in a row; one by default. */
  readonly periods?: number;
  /** Says who is hurt and what to do. */
  readonly description: string;
} & (
  | { /** Rings while the metric is above this; missing data is fine. */ readonly above: number }
  | { /** Rings while the metric is below this, or data is missing. */ readonly below: number }
);

/** The alarms of the service as a whole. */
export const serviceAlarms = (watched: AlarmSources, emitted: ServiceMetric): readonly ServiceAlarm[] => [
  ...firingAlarms(watched, emitted),
  ...outcomeAlarms(emitted),
  ...scheduleAlarms(watched),
  ...refreshAlarms(emitted),
  ...apiAlarms(watched),
  ...planningAlarms(emitted),
  ...deliveryAlarms(watched),
];

/** Functions of every minute that are not started. */
const scheduleAlarms = ({ functions }: AlarmSources): readonly ServiceAlarm[] =>
  functions.all.flatMap(({ name, definition, lambda }) =>
    definition.everyMinute
      ? [
          {
            id: `${name}-not-running`,
            // A new stack has no data for its first few minutes; half an hour would be too long to wait for.
            metric: lambda.metricInvocations({ ...SUM, period: Duration.minutes(1) }),
            below: 1,
            periods: 10,
            description: `${definition.impact} Nothing starts ${name}: check whether its schedule is enabled.`,
          },
        ]
      : [],
  );

const HOUR = { period: Duration.hours(1) };

const firingAlarms = ({ functions, wakeUps }: AlarmSources, emitted: ServiceMetric): readonly ServiceAlarm[] => [
  {
    id: 'shots-late',
    metric: emitted(METRICS.latenessMs, { statistic: Stats.p(90) }),
    // Classes fill in about two seconds; what the calibration promises is a tenth of this.
    above: 250,
    description:
      'Members lose classes to quicker clients: shots arrive late. Look at latenessBoundMs in the log event prebooking-finished. A wide bound means a poor path to AimHarder; a narrow one means that the function got too little CPU (memory, concurrency).',
  },
  {
    id: 'shots-early',
    metric: emitted(METRICS.earlyShots),
    above: 0,
    description:
      'A member may have lost a class: by our estimate a first shot arrived before the opening, and the next shot had to wait for the refusal. Compare latenessMs with latenessBoundMs in prebooking-finished. If the shot was early by more than a few milliseconds, or this happens again, set AIM to safe.',
  },
  {
    id: 'wake-ups-late',
    metric: emitted(METRICS.wakeUpLate, { statistic: Stats.MAXIMUM }),
    // A wake-up at the end of its minute comes 30 s before the opening; the preparation takes some 15 s.
    above: 10_000,
    description:
      'Members’ pre-bookings have too little time to prepare: wake-ups come late. Check the Scheduler’s health in this Region, and whether firings are throttled.',
  },
  {
    id: 'wake-ups-lost',
    metric: emitted(METRICS.wakeUpLost),
    above: 0,
    description:
      'A member’s pre-booking had no wake-up; the sweep has started it, perhaps with little time left. Find it by its id and check which function failed to arm it.',
  },
  {
    id: 'wake-ups-undelivered',
    metric: wakeUps.undelivered.depth,
    above: 0,
    description:
      'Each message is a pre-booking whose wake-up could not be delivered; the sweep starts it within a minute. Read the error in the message’s attributes, mend the cause, and delete the message.',
  },
  {
    id: 'firings-failed',
    metric: functions.failedFirings.depth,
    above: 0,
    description:
      'Each message is a pre-booking whose firing failed or came too late; the sweep starts it again until its grace is over. Find it by the id in the message, check how it ended, and delete the message.',
  },
  {
    id: 'firings-throttled',
    metric: functions.fire.metricThrottles(SUM),
    above: 0,
    description:
      'Members lose classes: more pre-bookings open at once than functions may run. Ask AWS to raise the account’s Lambda concurrency, or reserve some (fireReservedConcurrency).',
  },
];

/** Outcomes that hurt a member: how many in an hour are too many, and what to do. */
const HARMFUL_OUTCOMES: readonly (readonly [id: string, outcome: Outcome, above: number, description: string])[] = [
  [
    'missed',
    'missed',
    0,
    'A member lost a class because the pre-booking was not fired in time. Find it by its id: its log says which wake-ups came and how they ended.',
  ],
  [
    'answers-unknown',
    'unknown',
    0,
    'Members lose classes: AimHarder gives answers that we do not know. The code is in prebooking-finished; npm run doctor tells what has changed.',
  ],
  [
    'openings-wrong',
    'too-early',
    0,
    'Members lose classes: a box opens later than it says, after our last shot. Compare its opening rule with its page, and set BOX_OPENINGS.',
  ],
  [
    'aimharder-unreachable',
    'upstream-unreachable',
    2,
    'Members lose classes: AimHarder could not be reached when their bookings opened. Check whether its site answers. Nothing can be mended here; tell the members.',
  ],
  [
    'aimharder-silent',
    'upstream-timeout',
    2,
    'Members may have lost classes: AimHarder received a booking and did not answer in time, and its timetable does not show the booking. Ask the members to check.',
  ],
  [
    'aimharder-rejecting',
    'upstream-rejected',
    2,
    'Members lose classes: AimHarder answers bookings with errors. Check whether its site works; npm run doctor tells what has changed.',
  ],
  [
    'logins-missing',
    'login-required',
    2,
    'Members lose classes because AimHarder has ended their background sessions. Only they can log in again: tell them. If they are many, see the alarm sessions-ended.',
  ],
];

const outcomeAlarms = (emitted: ServiceMetric): readonly ServiceAlarm[] =>
  HARMFUL_OUTCOMES.map(([id, outcome, above, description]) => ({
    id,
    metric: emitted(METRICS.prebookingFinished, { ...HOUR, dimensionsMap: { [OUTCOME]: outcome } }),
    above,
    description,
  }));

const refreshAlarms = (emitted: ServiceMetric): readonly ServiceAlarm[] => [
  {
    id: 'sessions-left',
    metric: emitted(METRICS.sessionsLeft),
    above: 0,
    periods: 3,
    description:
      'Sessions will die, and their members’ pre-bookings fail: a run does not refresh all sessions of its minute. Raise REFRESH_CONCURRENCY; AimHarder’s answers may have become slow.',
  },
  {
    id: 'tokens-old',
    metric: emitted(METRICS.oldestTokenAgeMs, { statistic: Stats.MAXIMUM }),
    // A session is refreshed every 8 minutes. Two failures in a row leave its token 24 minutes old; AimHarder forgets it at 30.
    above: Duration.minutes(25).toMilliseconds(),
    description:
      'A member’s session is about to die, and their pre-bookings with it: its token is more than 25 minutes old, and AimHarder forgets it at 30. Check whether many refreshes fail (refreshes-failing) or wait (sessions-left). If it is a single session, its lastTokenUpdateError says why.',
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
    description:
      'Members have to log in again after half an hour without a refresh. AimHarder is down, or refuses: look at lastTokenUpdateError of the sessions, and run npm run doctor.',
  },
  {
    id: 'sessions-ended',
    metric: emitted(METRICS.sessionLoginRequired, HOUR),
    above: 20,
    description:
      'Members have to log in again, and their pre-bookings are at risk until they do: AimHarder ends sessions. Check whether refreshes come late (sessions-left) or AimHarder has changed (npm run doctor).',
  },
  {
    id: 'renewal-gone',
    metric: emitted(METRICS.refreshedByWhoAmI, HOUR),
    above: 0,
    description:
      'No member is hurt yet: AimHarder no longer renews tokens, and sessions live by use alone. Watch the alarm sessions-ended, and read what npm run doctor says of tokenUpdate.',
  },
];

const apiAlarms = ({ api }: AlarmSources): readonly ServiceAlarm[] => [
  {
    id: 'requests-failing',
    metric: new MathExpression({
      expression: '100 * failed / asked',
      usingMetrics: { failed: api.metricServerError(SUM), asked: api.metricCount(SUM) },
      period: PERIOD,
      label: 'requests answered with 5xx, in percent',
    }),
    above: 20,
    periods: 3,
    description:
      'Members’ clients get an error for every fifth request. 502 to 504 come from AimHarder: check whether its site answers. 500 is our fault: the functions’ alarms say which one fails.',
  },
];

const deliveryAlarms = ({ events, notifications }: AlarmSources): readonly ServiceAlarm[] => [
  {
    id: 'events-undelivered',
    metric: events.undelivered.depth,
    above: 0,
    description:
      'Each message is an event that its member was not told of. Read the error in it, mend the cause, start notify with the event it holds, and delete the message.',
  },
  ...(notifications
    ? [
        {
          id: 'mail-unsent',
          metric: notifications.unsent.depth,
          above: 0,
          description:
            'You are not told what fails: each message is an alarm, or the failure of a pre-booking or a session, that could not be sent as mail. Read it, check whether the subscription is still confirmed, and delete the message.',
        },
      ]
    : []),
];

const planningAlarms = (emitted: ServiceMetric): readonly ServiceAlarm[] => [
  {
    id: 'plans-left',
    metric: emitted(METRICS.plansLeft),
    above: 0,
    periods: 3,
    description:
      'Routines are ordered late, perhaps after their openings: the planner does not finish within its minute. AimHarder’s answers may have become slow; otherwise give the planner more memory.',
  },
];
