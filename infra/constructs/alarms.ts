import { Annotations, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IAlarmAction, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { NAMESPACE } from '../../lib/platform/metric-names.ts';
import type { DeploymentOptions } from '../options.ts';
import { serviceAlarms } from './alarm-list.ts';
import type { ServiceFunction } from './functions.ts';
import { buildAlarmName, createMetricOf, SUM } from './metrics.ts';
import type { AlarmSources, ServiceAlarm } from './service-alarm.ts';

/**
 * The alarms of the service and, with `monitoring=full`, one alarm for each function. Each alarm states the harm and what to do.
 * All alarms notify the address `alarmEmail` and the SNS topic `alarmTopicArn`, if the operator has set them.
 */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, sources: AlarmSources) {
    super(scope, id);
    const service = serviceAlarms(sources, createMetricOf(this));
    const isBasic = sources.options.monitoring === 'basic';
    const definitions = isBasic
      ? service.filter((alarm) => alarm.inBasicMonitoring)
      : [...service, ...functionsWithoutOwnAlarm(sources).map((monitored) => this.#defineFunctionAlarm(monitored))];
    const actions = createAlarmActions(this, sources);
    if (actions.length === 0) this.#warnOfNoReceiver(sources.options);
    this.all = definitions.map((definition) => this.#createAlarm(definition, actions));
  }

  /** Warns that the alarms notify nobody. */
  #warnOfNoReceiver({ monitoring, doctor }: DeploymentOptions): void {
    if (monitoring === 'full') Annotations.of(this).addWarningV2(ALARMS_WARNING_ID, ALARMS_WARNING);
    if (doctor) Annotations.of(this).addWarningV2(CHECK_WARNING_ID, CHECK_WARNING);
  }

  /**
   * Defines the alarm for the failures of one function. A failure is a log line at level ERROR (every answer 500 writes one), an
   * exception, a timeout or a crash.
   */
  #defineFunctionAlarm({ name, definition, logGroup }: ServiceFunction): ServiceAlarm {
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

  #createAlarm(
    { id, metric, periods = 1, description, ignoresMissingData, ...limit }: ServiceAlarm,
    actions: readonly IAlarmAction[],
  ): Alarm {
    const alarm = new Alarm(this, id, {
      alarmName: buildAlarmName(this, id),
      alarmDescription: description,
      metric,
      evaluationPeriods: periods,
      ...('above' in limit
        ? {
            threshold: limit.above,
            comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
            treatMissingData: ignoresMissingData ? TreatMissingData.IGNORE : TreatMissingData.NOT_BREACHING,
          }
        : {
            threshold: limit.below,
            comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
            treatMissingData: TreatMissingData.BREACHING,
          }),
    });
    alarm.addAlarmAction(...actions);
    return alarm;
  }
}

/** With the id of a warning, an operator can acknowledge the warning in CDK. */
const ALARMS_WARNING_ID = 'on-the-dot:alarms-without-action';
const ALARMS_WARNING =
  'The alarms notify nobody, but cost as much as alarms that do: set alarmEmail or alarmTopicArn, or leave monitoring at basic.';

const CHECK_WARNING_ID = 'on-the-dot:check-without-action';
const CHECK_WARNING =
  'The check of AimHarder (option doctor) notifies nobody of what it finds: set alarmEmail or alarmTopicArn.';

/** Finds the functions that need an alarm for their failures. The alarm that a function raises itself also counts its failures. */
const functionsWithoutOwnAlarm = ({ functions }: AlarmSources) =>
  functions.all.filter(({ definition }) => !definition.raisesAlarm);

/** Creates the actions of a ringing alarm. There are none if no option names a receiver. */
function createAlarmActions(scope: Construct, { notifications, options }: AlarmSources): readonly IAlarmAction[] {
  const { alarmTopicArn } = options;
  return [
    ...(notifications ? [notifications.alarmAction] : []),
    ...(alarmTopicArn ? [new SnsAction(Topic.fromTopicArn(scope, 'AlarmTopic', alarmTopicArn))] : []),
  ];
}
