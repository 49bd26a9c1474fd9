import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type MetricName, NAMESPACE, SERVICE } from '../../lib/platform/metric-names.ts';

/** How often alarms look, and graphs are drawn. */
export const PERIOD = Duration.minutes(5);

/** A metric that the functions emit, summed up unless something else is wanted. */
export const emitted = (metricName: MetricName, { dimensionsMap, ...options }: MetricOptions = {}): Metric =>
  new Metric({
    namespace: NAMESPACE,
    metricName,
    dimensionsMap: { ...SERVICE, ...dimensionsMap },
    statistic: Stats.SUM,
    period: PERIOD,
    ...options,
  });

/** Counts over a period. */
export const summed: MetricOptions = { statistic: Stats.SUM, period: PERIOD };
