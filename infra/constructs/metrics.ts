import { Duration, Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import { type MetricName, NAMESPACE, SERVICE } from '../../lib/platform/metric-names.ts';

/** How often alarms look, and graphs are drawn. */
export const PERIOD = Duration.minutes(5);

/** A metric that the stack's functions emit, summed up unless something else is wanted. */
export type ServiceMetric = (metricName: MetricName, options?: MetricOptions) => Metric;

/** The metrics of the stack that a construct is part of: its functions know its name as SERVICE_NAME. */
export const serviceMetrics =
  (construct: IConstruct): ServiceMetric =>
  (metricName, { dimensionsMap, ...options } = {}) =>
    new Metric({
      namespace: NAMESPACE,
      metricName,
      dimensionsMap: { [SERVICE]: Stack.of(construct).stackName, ...dimensionsMap },
      statistic: Stats.SUM,
      period: PERIOD,
      ...options,
    });

/** Counts over a period. */
export const SUM: MetricOptions = { statistic: Stats.SUM, period: PERIOD };
