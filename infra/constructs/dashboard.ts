import { Duration, Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type GraphWidgetProps,
  MathExpression,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { METRICS, NAMESPACE, SERVICE } from '../../lib/platform/metric-names.ts';
import type { Functions } from './functions.ts';
import { emitted, PERIOD, summed } from './metrics.ts';
import type { WakeUps } from './wake-ups.ts';

export type OverviewProps = {
  readonly alarms: readonly Alarm[];
  readonly functions: Functions;
  readonly wakeUps: WakeUps;
  readonly api: HttpApi;
};

/** Milliseconds of lateness between which first shots are counted; a class fills in about two seconds. */
const LATENESS_STEPS = [0, 15, 30, 60, 150, 500, 2_000];

/** One page that tells whether members get their classes, and what stands in the way if they do not. */
export class Overview extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { alarms, functions, wakeUps, api }: OverviewProps) {
    super(scope, id);
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: Stack.of(this).stackName,
      defaultInterval: Duration.days(1),
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 5 })],
        [lateness(), latenessDistribution(), outcomes()],
        [firing(functions, wakeUps), sessions(), serving(api)],
        [...working(functions)],
        [routines()],
      ],
    });
  }
}

const graph = (props: GraphWidgetProps) => new GraphWidget({ width: 8, height: 7, ...props });
const milliseconds = { leftYAxis: { label: 'ms', showUnits: false } };

const lateness = () =>
  graph({
    title: 'Lateness of the first shot',
    ...milliseconds,
    left: [Stats.p(50), Stats.p(90), Stats.p(99), Stats.MAXIMUM, Stats.MINIMUM].map((statistic) =>
      emitted(METRICS.latenessMs, { statistic, label: statistic }),
    ),
  });

/** Each band is the number of first shots that came so late. */
const latenessDistribution = () =>
  graph({
    title: 'First shots by their lateness',
    stacked: true,
    left: [undefined, ...LATENESS_STEPS].map((from, n) => {
      const to = LATENESS_STEPS[n];
      return emitted(METRICS.latenessMs, {
        statistic: `TC(${from ?? ''}:${to ?? ''})`,
        label: `${from ?? '…'} to ${to ?? '…'} ms`,
        period: Duration.hours(1),
      });
    }),
  });

const outcomes = () =>
  graph({
    title: 'What became of pre-bookings',
    stacked: true,
    left: [
      new MathExpression({
        expression: `SEARCH('{${NAMESPACE},${Object.keys(SERVICE).join(',')},outcome} MetricName="${METRICS.prebookingFinished}"', 'Sum', 3600)`,
        label: '',
        period: Duration.hours(1),
      }),
    ],
  });

const firing = ({ fire, failedFirings }: Functions, { undelivered }: WakeUps) =>
  graph({
    title: 'Firing',
    left: [
      emitted(METRICS.shots),
      emitted(METRICS.wakeUpLost),
      fire.metric('ConcurrentExecutions', { statistic: Stats.MAXIMUM, period: PERIOD, label: 'firing at once' }),
      fire.metricThrottles(summed),
    ],
    right: [
      emitted(METRICS.wakeUpLate, { statistic: Stats.MAXIMUM, label: 'ms that a wake-up was late' }),
      undelivered.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, label: 'wake-ups undelivered' }),
      failedFirings.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, label: 'firings failed' }),
    ],
  });

const sessions = () =>
  graph({
    title: 'Sessions',
    left: [
      METRICS.sessionsRefreshed,
      METRICS.sessionRefreshFailed,
      METRICS.sessionsLeft,
      METRICS.refreshedByWhoAmI,
      METRICS.sessionLoginRequired,
    ].map((name) => emitted(name)),
  });

const serving = (api: HttpApi) =>
  graph({
    title: 'API',
    left: [api.metricCount(summed), api.metricClientError(summed), api.metricServerError(summed)],
    right: [api.metricLatency({ statistic: Stats.p(95), period: PERIOD, label: 'p95 latency' })],
    rightYAxis: { label: 'ms', showUnits: false },
  });

const routines = () =>
  graph({
    title: 'Routines',
    width: 24,
    left: [METRICS.routinesPlanned, METRICS.routinesOrdered, METRICS.plansFailed, METRICS.plansLeft].map((name) =>
      emitted(name),
    ),
  });

const working = ({ all }: Functions) => [
  graph({
    title: 'Functions: failed invocations',
    width: 12,
    left: all.map(({ name, lambda }) => lambda.metricErrors({ ...summed, label: name })),
  }),
  graph({
    title: 'Functions: duration, p95',
    width: 12,
    ...milliseconds,
    left: all.map(({ name, lambda }) => lambda.metricDuration({ statistic: Stats.p(95), period: PERIOD, label: name })),
  }),
];
