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
import { alarmName, metricsOf, SUM } from './metrics.ts';
import type { AlarmSources, ServiceAlarm } from './service-alarm.ts';

/**
 * The alarms: those of the service, and with `monitoring=full` one for each function. Each states the harm and what to do, by
 * mail (`alarmEmail`) and to a topic of the operator's (`alarmTopicArn`).
 */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, sources: AlarmSources) {
    super(scope, id);
    const service = serviceAlarms(sources, metricsOf(this));
    const isBasic = sources.options.monitoring === 'basic';
    const definitions = isBasic
      ? service.filter((alarm) => alarm.isBasic)
      : [...service, ...withoutOwnAlarm(sources).map((serviceFunction) => this.#functionAlarm(serviceFunction))];
    const actions = alarmActions(this, sources);
    if (actions.length === 0) this.#warn(sources.options);
    this.all = definitions.map((definition) => this.#alarm(definition, actions));
  }

  /** Warns that the alarms notify nobody. */
  #warn({ monitoring, doctor }: DeploymentOptions): void {
    if (monitoring === 'full') Annotations.of(this).addWarningV2(NO_ACTION, NOBODY_HEARS);
    if (doctor) Annotations.of(this).addWarningV2(CHECK_WITHOUT_ACTION, NOBODY_HEARS_THE_CHECK);
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

  #alarm(
    { id, metric, periods = 1, description, ignoresMissingData, ...limit }: ServiceAlarm,
    actions: readonly IAlarmAction[],
  ): Alarm {
    const alarm = new Alarm(this, id, {
      alarmName: alarmName(this, id),
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

/** The id of the warning, by which an operator can acknowledge it. */
const NO_ACTION = 'on-the-dot:alarms-without-action';
const NOBODY_HEARS =
  'The alarms tell nobody, and cost as much as if they did: set alarmEmail or alarmTopicArn, or leave monitoring at basic.';

const CHECK_WITHOUT_ACTION = 'on-the-dot:check-without-action';
const NOBODY_HEARS_THE_CHECK =
  'The check of AimHarder (option doctor) tells nobody what it finds: set alarmEmail or alarmTopicArn.';

/** The functions that raise no alarm themselves. If a function does, that alarm also counts its failures (`checkAlarms`). */
const withoutOwnAlarm = ({ functions }: AlarmSources) =>
  functions.all.filter(({ definition }) => !definition.raisesAlarm);

/** Creates the actions of a ringing alarm: none, unless an option names a receiver. */
function alarmActions(scope: Construct, { notifications, options }: AlarmSources): readonly IAlarmAction[] {
  const { alarmTopicArn } = options;
  return [
    ...(notifications ? [notifications.alarmAction] : []),
    ...(alarmTopicArn ? [new SnsAction(Topic.fromTopicArn(scope, 'AlarmTopic', alarmTopicArn))] : []),
  ];
}
