import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Functions } from './functions.ts';
import type { Notifications } from './notifications.ts';
import type { OnEvents } from './on-events.ts';
import type { WakeUps } from './wake-ups.ts';

/** What the alarms watch. */
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
