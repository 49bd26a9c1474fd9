import { Aws } from 'aws-cdk-lib';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  type AlarmName,
  type FunctionDefinition,
  type STARTED_VARIABLES,
  tableGrants,
} from '../catalog/function-definition.ts';
import type { FiringQueue } from './firing-queue.ts';
import type { Secrets } from './secrets.ts';
import type { Tables } from './tables.ts';
import type { WakeUps } from './wake-ups.ts';

/** The resources to which functions get access. */
export type Resources = {
  readonly tables: Tables;
  readonly secrets: Secrets;
  readonly wakeUps: WakeUps;
  readonly bus: EventBus;
  readonly firingQueue: FiringQueue;
  /** The ARNs of the functions that others start. */
  readonly startedArns: Readonly<Record<keyof typeof STARTED_VARIABLES, string>>;
  /** Builds the ARN of an alarm from its name, because the function that raises the alarm is created before the alarm. */
  readonly alarmArnOf: (name: AlarmName) => string;
  /** The address that mail to members comes from; undefined if the installation sends no mail. */
  readonly mailFrom: string | undefined;
};

/** Builds the policy statements of a function: exactly its grants in the catalogue. */
export function statementsFor(definition: FunctionDefinition, resources: Resources): readonly PolicyStatement[] {
  return [
    ...tableStatements(definition, resources),
    ...(definition.secrets ?? []).flatMap((name) => {
      // Undefined for the secret of the option `doctor`, if the option is not set.
      const secretArn = resources.secrets[name]?.secretArn;
      return secretArn === undefined ? [] : [allow(['secretsmanager:GetSecretValue'], secretArn)];
    }),
    ...(definition.wakeUps ?? []).flatMap((access) => WAKE_UP_STATEMENTS[access](resources)),
    ...(definition.starts ?? []).map((name) => allow(['lambda:InvokeFunction'], resources.startedArns[name])),
    ...(definition.firingQueue ?? []).map((access) =>
      allow(QUEUE_ACTIONS[access], resources.firingQueue.queue.queueArn),
    ),
    ...(definition.publishesEvents ? [allow(['events:PutEvents'], resources.bus.eventBusArn)] : []),
    ...(definition.raisesAlarm
      ? [allow(['cloudwatch:SetAlarmState'], resources.alarmArnOf(definition.raisesAlarm))]
      : []),
    ...(definition.mail === 'sends' ? mailStatements(resources) : []),
  ];
}

/** Allows actions on one resource. */
const allow = (actions: readonly string[], resource: string) =>
  new PolicyStatement({ actions: [...actions], resources: [resource] });

function tableStatements(definition: FunctionDefinition, { tables }: Resources): readonly PolicyStatement[] {
  return [...tables.all].flatMap(([name, { tableArn }]) =>
    tableGrants(definition, name).map(({ index, actions }) =>
      allow(
        actions.map((action) => `dynamodb:${action}`),
        index === undefined ? tableArn : `${tableArn}/index/${index}`,
      ),
    ),
  );
}

/** Allows mail from `mailFrom` only. SES has verified either that address or its domain, so both identities are allowed. */
function mailStatements({ mailFrom }: Resources): readonly PolicyStatement[] {
  if (mailFrom === undefined) return [];
  const domain = mailFrom.slice(mailFrom.lastIndexOf('@') + 1);
  const identities = [mailFrom, domain];
  return [
    new PolicyStatement({
      actions: ['ses:SendEmail'],
      resources: identities.map(
        (identity) => `arn:${Aws.PARTITION}:ses:${Aws.REGION}:${Aws.ACCOUNT_ID}:identity/${identity}`,
      ),
      conditions: { StringEquals: { 'ses:FromAddress': mailFrom } },
    }),
  ];
}

/** A function that creates a schedule also passes it the role with which EventBridge Scheduler starts the preparation. */
const WAKE_UP_STATEMENTS = {
  create: ({ wakeUps }: Resources) => [
    allow(['scheduler:CreateSchedule'], wakeUps.schedulesArn),
    new PolicyStatement({
      actions: ['iam:PassRole'],
      resources: [wakeUps.role.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    }),
  ],
  delete: ({ wakeUps }: Resources) => [allow(['scheduler:DeleteSchedule'], wakeUps.schedulesArn)],
};

/** Lambda receives the messages with the role of the function that they start. */
const QUEUE_ACTIONS = {
  sends: ['sqs:SendMessage'],
  receives: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
} as const;
