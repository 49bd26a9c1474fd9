import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { DeploymentOptions } from '../options.ts';
import type { FiringQueue } from './firing-queue.ts';
import type { Functions } from './functions.ts';
import type { Notifications } from './notifications.ts';
import type { OnEvents } from './on-events.ts';
import type { WakeUps } from './wake-ups.ts';

/** The sources of the alarms' metrics. */
export type AlarmSources = {
  readonly functions: Functions;
  readonly wakeUps: WakeUps;
  readonly firingQueue: FiringQueue;
  readonly events: OnEvents;
  readonly api: HttpApi;
  readonly options: DeploymentOptions;
  /** Sends alarms and failures by mail; undefined if the option `alarmEmail` is not set. */
  readonly notifications: Notifications | undefined;
};

export type ServiceAlarm = {
  /** The construct id, and the end of the alarm's name. */
  readonly id: string;
  readonly metric: IMetric;
  /** Whether the alarm belongs to `monitoring=basic` too. AWS must emit its metric without charge. */
  readonly inBasicMonitoring?: boolean;
  /** Whether the alarm keeps its state while data is missing. The alarm of a function that runs every few hours needs this. */
  readonly ignoresMissingData?: boolean;
  /** How many periods in a row must be beyond the limit before the alarm rings; 1 by default. */
  readonly periods?: number;
  /** States the harm to members, and what the operator should do. */
  readonly description: string;
} & (
  | { /** The alarm rings while the metric is above this, and not for missing data. */ readonly above: number }
  | { /** The alarm rings while the metric is below this, or data is missing. */ readonly below: number }
);
