import { Duration } from 'aws-cdk-lib';
import { MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS } from '../../lib/platform/metric-names.ts';
import { HOUR, PERIOD, type ServiceMetric, SUM } from './metrics.ts';
import { firingAlarms, outcomeAlarms } from './prebooking-alarms.ts';
import type { AlarmSources, ServiceAlarm } from './service-alarm.ts';

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

/** Alarms for functions that should run every minute and are not started. */
const scheduleAlarms = ({ functions }: AlarmSources): readonly ServiceAlarm[] =>
  functions.all.flatMap(({ name, definition, lambda }) =>
    definition.everyMinute
      ? [
          {
            id: `${name}-not-running`,
            // Ten minutes without a run: a new stack has no data for its first few minutes.
            metric: lambda.metricInvocations({ ...SUM, period: Duration.minutes(1) }),
            below: 1,
            periods: 10,
            description: `${definition.impact} Nothing starts ${name}: check whether its schedule is enabled.`,
          },
        ]
      : [],
  );

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
      'Members have to log in again after half an hour without a refresh. Look at lastTokenUpdateError of the sessions, and run npm run doctor. upstream-…: AimHarder is down or has changed. address-refused: AimHarder, or what is in front of it, refuses this address (403 or 429); deploy in another Region, eu-south-2 (Spain) first.',
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
      'Members’ clients get an error for every fifth request. 502 to 504 come from AimHarder: check whether its site answers; it, or what is in front of it, may refuse this address (403 or 429; the answer’s detail says so). 500 is our fault: the functions’ alarms say which one fails.',
  },
];

const deliveryAlarms = ({ events, notifications }: AlarmSources): readonly ServiceAlarm[] => [
  {
    id: 'events-undelivered',
    metric: events.undelivered.depth,
    above: 0,
    description:
      'Each message in the dead-letter queue is an event that its member was not told of. Read the error in the message, fix the cause, start notify with the event in the message, and delete the message.',
  },
  ...(notifications
    ? [
        {
          id: 'mail-unsent',
          metric: notifications.unsent.depth,
          above: 0,
          description:
            'You are not told what fails: each message in the dead-letter queue is an alarm, or the failure of a pre-booking or a session, that could not be sent as mail. Read the message, check whether the subscription is still confirmed, and delete the message.',
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
