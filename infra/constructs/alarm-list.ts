import { Duration } from 'aws-cdk-lib';
import { MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS } from '../../lib/platform/metric-names.ts';
import type { FunctionName } from '../catalog/functions.ts';
import { HOURLY, type MetricOf, PERIOD, SUM } from './metrics.ts';
import { firingAlarms, outcomeAlarms } from './prebooking-alarms.ts';
import type { AlarmSources, ServiceAlarm } from './service-alarm.ts';

/** The alarms of the service as a whole. */
export const serviceAlarms = (sources: AlarmSources, metricOf: MetricOf): readonly ServiceAlarm[] => [
  ...firingAlarms(sources, metricOf),
  ...outcomeAlarms(metricOf),
  ...scheduleAlarms(sources),
  ...refreshAlarms(metricOf),
  ...apiAlarms(sources),
  ...planningAlarms(metricOf),
  ...deliveryAlarms(sources),
  ...checkAlarms(sources),
];

/** If one of these functions stops, members lose sessions and classes within the hour. */
const VITAL_FUNCTIONS: readonly string[] = ['refresh-tokens', 'sweep'] satisfies FunctionName[];

/** Alarms for functions that should run every minute but do not. */
const scheduleAlarms = ({ functions }: AlarmSources): readonly ServiceAlarm[] =>
  functions.all.flatMap(({ name, definition, lambda }) =>
    definition.everyMinute
      ? [
          {
            id: `${name}-not-running`,
            inBasicMonitoring: VITAL_FUNCTIONS.includes(name),
            // A shorter time than ten minutes would let the alarm ring in a new stack, which has no data for a few minutes.
            metric: lambda.metricInvocations({ ...SUM, period: Duration.minutes(1) }),
            below: 1,
            periods: 10,
            description: `${definition.impact} Nothing starts ${name}: check whether its schedule is enabled.`,
          },
        ]
      : [],
  );

const refreshAlarms = (metricOf: MetricOf): readonly ServiceAlarm[] => [
  {
    id: 'sessions-left',
    metric: metricOf(METRICS.sessionsLeft),
    above: 0,
    periods: 3,
    description:
      'Sessions will die, and their members’ pre-bookings will fail: the runs do not refresh all sessions of their slots. Raise REFRESH_CONCURRENCY. Possible causes: AimHarder answers slowly, or workers were not started (refresh-worker-not-started in the log).',
  },
  {
    id: 'tokens-old',
    metric: metricOf(METRICS.oldestTokenAgeMs, { statistic: Stats.MAXIMUM }),
    // The age is measured before each refresh. With the default of 8 slots, it is 8 minutes, 16 after one failure, and 24 after
    // two failures in a row. AimHarder forgets the token at 30 minutes, before the next refresh at 32.
    above: Duration.minutes(20).toMilliseconds(),
    description:
      'A member’s session is about to die, and their pre-bookings with it: its token is more than 20 minutes old, and AimHarder forgets it at 30. Check whether many refreshes fail (refreshes-failing) or wait (sessions-left). If it is a single session, its lastTokenUpdateError says why.',
  },
  {
    id: 'refreshes-failing',
    metric: new MathExpression({
      expression: '100 * failed / (failed + refreshed)',
      usingMetrics: { failed: metricOf(METRICS.sessionRefreshFailed), refreshed: metricOf(METRICS.sessionsRefreshed) },
      period: PERIOD,
      label: 'refreshes that fail, in percent',
    }),
    above: 20,
    periods: 3,
    description:
      'Members have to log in again after half an hour without a refresh. Look at lastTokenUpdateError of the sessions, and run npm run doctor. upstream-…: AimHarder is down or has changed. address-refused: AimHarder, or a proxy in front of it, refuses this address (403 or 429); deploy in another Region, eu-south-2 (Spain) first.',
  },
  {
    id: 'sessions-ended',
    // The metric counts device sessions too.
    metric: metricOf(METRICS.sessionLoginRequired, HOURLY),
    above: 20,
    description:
      'AimHarder ends sessions, and their members have to log in again. Until they do, their pre-bookings are at risk if the background session has ended. Check whether refreshes come late (sessions-left) or AimHarder has changed (npm run doctor).',
  },
  {
    id: 'renewal-gone',
    metric: metricOf(METRICS.refreshedByWhoAmI, HOURLY),
    above: 0,
    description:
      'No member is hurt yet: AimHarder no longer renews tokens. Sessions stay alive only because the service calls whoami with them. AimHarder may stop counting that, too. Watch the alarm sessions-ended, and read what npm run doctor says of tokenUpdate.',
  },
];

const apiAlarms = ({ api }: AlarmSources): readonly ServiceAlarm[] => [
  {
    id: 'requests-failing',
    inBasicMonitoring: true,
    metric: new MathExpression({
      expression: '100 * failed / requests',
      usingMetrics: { failed: api.metricServerError(SUM), requests: api.metricCount(SUM) },
      period: PERIOD,
      label: 'requests answered with 5xx, in percent',
    }),
    above: 20,
    periods: 3,
    description:
      'Members’ clients get an error for every fifth request. 502 to 504 come from AimHarder: check whether its site answers. AimHarder, or a proxy in front of it, may refuse this address (403 or 429; the answer’s detail says so). 500 is our fault: the functions’ alarms say which function fails.',
  },
];

const deliveryAlarms = ({ events, notifications }: AlarmSources): readonly ServiceAlarm[] => [
  {
    id: 'events-undelivered',
    inBasicMonitoring: true,
    metric: events.undelivered.depth,
    above: 0,
    description:
      'Each message in the dead-letter queue is an event about which its member was not notified. Read the error in the message, fix the cause, invoke the function notify with the event in the message as its input, and delete the message.',
  },
  ...(notifications
    ? [
        {
          id: 'mail-unsent',
          inBasicMonitoring: true,
          metric: notifications.unsent.depth,
          above: 0,
          description:
            'Alarm mails do not reach you: each message in the dead-letter queue is an alarm, or the failure of a pre-booking or a session, that could not be sent as mail. Read the message, check whether the subscription is still confirmed, and delete the message.',
        },
      ]
    : []),
];

const planningAlarms = (metricOf: MetricOf): readonly ServiceAlarm[] => [
  {
    id: 'plans-left',
    metric: metricOf(METRICS.plansLeft),
    above: 0,
    periods: 3,
    description:
      'Routines are ordered late, perhaps after their openings: the planner does not finish within its minute. AimHarder’s answers may have become slow; otherwise give the planner more memory.',
  },
];

/**
 * The alarm of the scheduled check of AimHarder (option `doctor`). The check sets its state (lib/doctor/raise-alarm.ts), with the
 * changed facts as the reason.
 */
const checkAlarms = ({ functions }: AlarmSources): readonly ServiceAlarm[] =>
  functions.all.flatMap(({ definition: { raisesAlarm, impact }, lambda }) =>
    raisesAlarm === undefined
      ? []
      : [
          {
            id: raisesAlarm,
            inBasicMonitoring: true,
            // An alarm must have a metric. This one is free, and lets a failed run raise the alarm too, until the next run.
            metric: lambda.metricErrors(SUM),
            above: 0,
            ignoresMissingData: true,
            description: `Members may soon lose classes: AimHarder no longer works as this service assumes. The alarm’s reason names the facts that have changed, and so does the log event fact-checked. Run npm run doctor, and change lib/aimharder. If the reason names no fact, the check has failed: ${impact}`,
          },
        ],
  );
