import { Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { NAMESPACE } from '../../lib/platform/metric-names.ts';
import { serviceAlarms } from './alarm-list.ts';
import type { ServiceFunction } from './functions.ts';
import { metricsOf, SUM } from './metrics.ts';
import type { AlarmSources, ServiceAlarm } from './service-alarm.ts';

/** The alarms: one for each function, and those of the service. Each states the harm and what to do; by mail if `alarmEmail` is set. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, sources: AlarmSources) {
    super(scope, id);
    const definitions = [
      ...serviceAlarms(sources, metricsOf(this)),
      ...sources.functions.all.map((serviceFunction) => this.#functionAlarm(serviceFunction)),
    ];
    this.all = definitions.map((definition) => this.#alarm(definition, sources));
  }

  /**
   * Defines the alarm for the failures of one function: it has logged an error (as for every answer 500), thrown, timed out or
   * died.
   */
  #functionAlarm({ name, definition, logGroup }: ServiceFunction): ServiceAlarm {
    const failures = new MetricFilter(this, `${name}-failures`, {
      logGroup,
      filterPattern: FilterPattern.any(
        FilterPattern.stringValue('$.level', '=', 'ERROR'),
        FilterPattern.all(
          FilterPattern.stringValue('$.type', '=', 'platform.report'),
          FilterPattern.stringValue('$.record.status', '!=', 'success'),
        ),
      ),
      metricNamespace: `${NAMESPACE}/${Stack.of(this).stackName}`,
      metricName: `${name}-failures`,
    });
    return {
      id: name,
      metric: failures.metric(SUM),
      above: 0,
      description: `${definition.impact} Read what the function ${name} logged at level ERROR. If the failures began with a deployment, deploy the version before.`,
    };
  }

  #alarm({ id, metric, periods = 1, description, ...limit }: ServiceAlarm, { notifications }: AlarmSources): Alarm {
    const alarm = new Alarm(this, id, {
      alarmName: `${Stack.of(this).stackName}-${id}`,
      alarmDescription: description,
      metric,
      evaluationPeriods: periods,
      ...('above' in limit
        ? {
            threshold: limit.above,
            comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
            treatMissingData: TreatMissingData.NOT_BREACHING,
          }
        : {
            threshold: limit.below,
            comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
            treatMissingData: TreatMissingData.BREACHING,
          }),
    });
    if (notifications) alarm.addAlarmAction(notifications.alarmAction);
    return alarm;
  }
}
