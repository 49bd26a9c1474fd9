import { Duration, Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import { type MetricName, NAMESPACE, SERVICE } from '../../lib/platform/metric-names.ts';

/** The period of alarms and graphs. */
export const PERIOD = Duration.minutes(5);

/** Creates the CloudWatch metric for a metric that the stack's functions emit: by default, its sum in each `PERIOD`. */
export type MetricOf = (metricName: MetricName, options?: MetricOptions) => Metric;

/** Creates a `MetricOf` for a construct's stack. The functions emit with the same stack name, their variable SERVICE_NAME. */
export const createMetricOf =
  (construct: IConstruct): MetricOf =>
  (metricName, { dimensionsMap, ...options } = {}) =>
    new Metric({
      namespace: NAMESPACE,
      metricName,
      dimensionsMap: { [SERVICE]: Stack.of(construct).stackName, ...dimensionsMap },
      statistic: Stats.SUM,
      period: PERIOD,
      ...options,
    });

/** The options that make a metric of AWS itself a sum in each `PERIOD`. */
export const SUM: MetricOptions = { statistic: Stats.SUM, period: PERIOD };

/** The option for a period of an hour, for alarms and graphs of rare events. */
export const HOURLY = { period: Duration.hours(1) };

/** Builds the name of an alarm of a construct's stack. */
export const buildAlarmName = (construct: IConstruct, id: string): string => `${Stack.of(construct).stackName}-${id}`;
