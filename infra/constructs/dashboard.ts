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
import { createMetricOf, HOURLY, type MetricOf, PERIOD, SUM } from './metrics.ts';
import type { WakeUps } from './wake-ups.ts';

export type ServiceDashboardProps = {
  readonly alarms: readonly Alarm[];
  readonly functions: Functions;
  readonly wakeUps: WakeUps;
  readonly api: HttpApi;
};

/** The limits between the bands of the lateness graph, in milliseconds. The last one is about the time in which a class fills. */
const LATENESS_BOUNDS = [15, 30, 60, 150, 500, 2_000];

/** The dashboard. It shows whether members get their classes, and why not. */
export class ServiceDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { alarms, functions, wakeUps, api }: ServiceDashboardProps) {
    super(scope, id);
    const metricOf = createMetricOf(this);
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: Stack.of(this).stackName,
      defaultInterval: Duration.days(1),
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 5 })],
        [
          createLatenessGraph(metricOf),
          createLatenessDistributionGraph(metricOf),
          createOutcomesGraph(Stack.of(this).stackName),
        ],
        [createFiringGraph(functions, wakeUps, metricOf), createSessionsGraph(metricOf), createApiGraph(api)],
        [...createFunctionGraphs(functions)],
        [createMessagesGraph(metricOf), createRoutinesGraph(metricOf)],
      ],
    });
  }
}

const createGraph = (props: GraphWidgetProps) => new GraphWidget({ width: 8, height: 7, ...props });
const IN_MILLISECONDS = { leftYAxis: { label: 'ms', showUnits: false } };

const createLatenessGraph = (metricOf: MetricOf) =>
  createGraph({
    title: 'Lateness of the first shot',
    ...IN_MILLISECONDS,
    left: [Stats.p(50), Stats.p(90), Stats.p(99), Stats.MAXIMUM].map((statistic) =>
      metricOf(METRICS.latenessMs, { statistic, label: statistic }),
    ),
    right: [metricOf(METRICS.earlyShots, { label: 'first shots that arrived early' })],
  });

/**
 * Counts the first shots in each band of lateness, by CloudWatch's statistic `TC(from:to)` (trimmed count). A value that equals a
 * limit is counted in the lower band. The first band has no lower limit, and the last band no upper one.
 */
const createLatenessDistributionGraph = (metricOf: MetricOf) =>
  createGraph({
    title: 'First shots by their lateness',
    stacked: true,
    left: [undefined, ...LATENESS_BOUNDS].map((from, index) => {
      const to = LATENESS_BOUNDS[index];
      return metricOf(METRICS.latenessMs, {
        statistic: `TC(${from ?? ''}:${to ?? ''})`,
        label: nameBand(from, to),
        ...HOURLY,
      });
    }),
  });

/** Names a band by its limits in milliseconds. An early shot has the lateness 0 in the metric (lib/firing/report.ts). */
function nameBand(from: number | undefined, to: number | undefined): string {
  if (from === undefined) return `up to ${to} ms, or early`;
  return to === undefined ? `over ${from} ms` : `${from} to ${to} ms`;
}

/** Counts the pre-bookings by outcome: CloudWatch's `SEARCH` finds one metric for each outcome that has occurred. */
const createOutcomesGraph = (service: string) =>
  createGraph({
    title: 'What became of pre-bookings',
    stacked: true,
    left: [
      new MathExpression({
        expression: `SEARCH('{${NAMESPACE},${SERVICE},${OUTCOME}} MetricName="${METRICS.prebookingFinished}" ${SERVICE}="${service}"', 'Sum', 3600)`,
        label: '',
        ...HOURLY,
      }),
    ],
  });

const createFiringGraph = ({ fire, failedFirings }: Functions, { undelivered }: WakeUps, metricOf: MetricOf) =>
  createGraph({
    title: 'Firing',
    left: [
      metricOf(METRICS.shots),
      metricOf(METRICS.wakeUpLost),
      fire.metric('ConcurrentExecutions', {
        statistic: Stats.MAXIMUM,
        period: PERIOD,
        label: 'firings that run at once',
      }),
      fire.metricThrottles(SUM),
    ],
    right: [
      metricOf(METRICS.wakeUpLate, { statistic: Stats.MAXIMUM, label: 'lateness of wake-ups, ms' }),
      undelivered.depth.with({ label: 'wake-ups that could not be delivered' }),
      failedFirings.depth.with({ label: 'firings that failed' }),
    ],
  });

const createSessionsGraph = (metricOf: MetricOf) =>
  createGraph({
    title: 'Sessions',
    left: [
      METRICS.sessionsRefreshed,
      METRICS.sessionRefreshFailed,
      METRICS.sessionsLeft,
      METRICS.refreshedByWhoAmI,
      METRICS.sessionLoginRequired,
    ].map((name) => metricOf(name)),
    right: [metricOf(METRICS.oldestTokenAgeMs, { statistic: Stats.MAXIMUM, label: 'age of the oldest token' })],
    rightYAxis: { label: 'ms', showUnits: false },
  });

const createApiGraph = (api: HttpApi) =>
  createGraph({
    title: 'API',
    left: [api.metricCount(SUM), api.metricClientError(SUM), api.metricServerError(SUM)],
    right: [api.metricLatency({ statistic: Stats.p(95), period: PERIOD, label: 'p95 latency' })],
    rightYAxis: { label: 'ms', showUnits: false },
  });

const createMessagesGraph = (metricOf: MetricOf) =>
  createGraph({
    title: 'Messages to members',
    width: 12,
    left: [METRICS.messagesSent, METRICS.messagesFailed, METRICS.webhooksDisabled].map((name) => metricOf(name)),
  });

const createRoutinesGraph = (metricOf: MetricOf) =>
  createGraph({
    title: 'Routines',
    width: 12,
    left: [METRICS.routinesPlanned, METRICS.routinesOrdered, METRICS.plansFailed, METRICS.plansLeft].map((name) =>
      metricOf(name),
    ),
  });

const createFunctionGraphs = ({ all }: Functions) => [
  createGraph({
    title: 'Functions: failed invocations',
    width: 12,
    left: all.map(({ name, lambda }) => lambda.metricErrors({ ...SUM, label: name })),
  }),
  createGraph({
    title: 'Functions: duration, p95',
    width: 12,
    ...IN_MILLISECONDS,
    left: all.map(({ name, lambda }) => lambda.metricDuration({ statistic: Stats.p(95), period: PERIOD, label: name })),
  }),
];
