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
import { METRICS, NAMESPACE, OUTCOME, SERVICE } from '../../lib/platform/metric-names.ts';
import type { Functions } from './functions.ts';
import { PERIOD, type ServiceMetric, SUM, serviceMetrics } from './metrics.ts';
import type { WakeUps } from './wake-ups.ts';

export type ServiceDashboardProps = {
  readonly alarms: readonly Alarm[];
  readonly functions: Functions;
  readonly wakeUps: WakeUps;
  readonly api: HttpApi;
};

/** Bounds of the bands of lateness, in milliseconds; a class fills in about two seconds. */
const LATENESS_STEPS = [15, 30, 60, 150, 500, 2_000];

/** One page that shows whether members get their classes, and what stands in the way if they do not. */
export class ServiceDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { alarms, functions, wakeUps, api }: ServiceDashboardProps) {
    super(scope, id);
    const emitted = serviceMetrics(this);
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: Stack.of(this).stackName,
      defaultInterval: Duration.days(1),
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 5 })],
        [latenessGraph(emitted), latenessDistributionGraph(emitted), outcomesGraph(Stack.of(this).stackName)],
        [firingGraph(functions, wakeUps, emitted), sessionsGraph(emitted), apiGraph(api)],
        [...functionGraphs(functions)],
        [messagesGraph(emitted), routinesGraph(emitted)],
      ],
    });
  }
}

const graph = (props: GraphWidgetProps) => new GraphWidget({ width: 8, height: 7, ...props });
const milliseconds = { leftYAxis: { label: 'ms', showUnits: false } };

const latenessGraph = (emitted: ServiceMetric) =>
  graph({
    title: 'Lateness of the first shot',
    ...milliseconds,
    left: [Stats.p(50), Stats.p(90), Stats.p(99), Stats.MAXIMUM].map((statistic) =>
      emitted(METRICS.latenessMs, { statistic, label: statistic }),
    ),
    right: [emitted(METRICS.earlyShots, { label: 'first shots that arrived early' })],
  });

/** Counts first shots per band of lateness. CloudWatch excludes a band's lower bound: it belongs to the band before. */
const latenessDistributionGraph = (emitted: ServiceMetric) =>
  graph({
    title: 'First shots by their lateness',
    stacked: true,
    left: [undefined, ...LATENESS_STEPS].map((from, n) => {
      const to = LATENESS_STEPS[n];
      return emitted(METRICS.latenessMs, {
        statistic: `TC(${from ?? ''}:${to ?? ''})`,
        label: `${from ?? 0} to ${to ?? '…'} ms`,
        period: Duration.hours(1),
      });
    }),
  });

const outcomesGraph = (service: string) =>
  graph({
    title: 'What became of pre-bookings',
    stacked: true,
    left: [
      new MathExpression({
        expression: `SEARCH('{${NAMESPACE},${SERVICE},${OUTCOME}} MetricName="${METRICS.prebookingFinished}" ${SERVICE}="${service}"', 'Sum', 3600)`,
        label: '',
        period: Duration.hours(1),
      }),
    ],
  });

const firingGraph = ({ fire, failedFirings }: Functions, { undelivered }: WakeUps, emitted: ServiceMetric) =>
  graph({
    title: 'Firing',
    left: [
      emitted(METRICS.shots),
      emitted(METRICS.wakeUpLost),
      fire.metric('ConcurrentExecutions', { statistic: Stats.MAXIMUM, period: PERIOD, label: 'firing at once' }),
      fire.metricThrottles(SUM),
    ],
    right: [
      emitted(METRICS.wakeUpLate, { statistic: Stats.MAXIMUM, label: 'lateness of wake-ups, ms' }),
      undelivered.depth.with({ label: 'wake-ups undelivered' }),
      failedFirings.depth.with({ label: 'firings failed' }),
    ],
  });

const sessionsGraph = (emitted: ServiceMetric) =>
  graph({
    title: 'Sessions',
    left: [
      METRICS.sessionsRefreshed,
      METRICS.sessionRefreshFailed,
      METRICS.sessionsLeft,
      METRICS.refreshedByWhoAmI,
      METRICS.sessionLoginRequired,
    ].map((name) => emitted(name)),
    right: [emitted(METRICS.oldestTokenAgeMs, { statistic: Stats.MAXIMUM, label: 'age of the oldest token' })],
    rightYAxis: { label: 'ms', showUnits: false },
  });

const apiGraph = (api: HttpApi) =>
  graph({
    title: 'API',
    left: [api.metricCount(SUM), api.metricClientError(SUM), api.metricServerError(SUM)],
    right: [api.metricLatency({ statistic: Stats.p(95), period: PERIOD, label: 'p95 latency' })],
    rightYAxis: { label: 'ms', showUnits: false },
  });

const messagesGraph = (emitted: ServiceMetric) =>
  graph({
    title: 'Messages to members',
    width: 12,
    left: [METRICS.messagesSent, METRICS.messagesFailed, METRICS.webhooksDisabled].map((name) => emitted(name)),
  });

const routinesGraph = (emitted: ServiceMetric) =>
  graph({
    title: 'Routines',
    width: 12,
    left: [METRICS.routinesPlanned, METRICS.routinesOrdered, METRICS.plansFailed, METRICS.plansLeft].map((name) =>
      emitted(name),
    ),
  });

const functionGraphs = ({ all }: Functions) => [
  graph({
    title: 'Functions: failed invocations',
    width: 12,
    left: all.map(({ name, lambda }) => lambda.metricErrors({ ...SUM, label: name })),
  }),
  graph({
    title: 'Functions: duration, p95',
    width: 12,
    ...milliseconds,
    left: all.map(({ name, lambda }) => lambda.metricDuration({ statistic: Stats.p(95), period: PERIOD, label: name })),
  }),
];
