import { join } from 'node:path';
import { Annotations, ArnFormat, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, CfnFunction, Code, Function as Lambda, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import {
  type AlarmName,
  type EnvironmentValues,
  environmentFor,
  type FunctionDefinition,
  tableVariables,
} from '../catalog/function-definition.ts';
import { type FunctionName, selectFunctions } from '../catalog/functions.ts';
import type { DeploymentOptions } from '../options.ts';
import { DeadLetters } from './dead-letters.ts';
import { buildAlarmName } from './metrics.ts';
import { type Resources, statementsFor } from './permissions.ts';
import { type Reservations, reserveConcurrency } from './reserved-concurrency.ts';
import { removalPolicyOf } from './retention.ts';
import { suppressNag } from './suppress-nag.ts';
import { grantInvoke } from './wake-ups.ts';

export type FunctionsProps = Omit<Resources, 'startedArns' | 'alarmArnOf' | 'mailFrom'> & {
  readonly options: DeploymentOptions;
  /** The folder of the functions' bundles (infra/bundle/bundle-functions.ts). */
  readonly bundles: string;
  /** The address of the page and the API. */
  readonly publicUrl: string;
};

export type ServiceFunction = {
  readonly name: string;
  readonly definition: FunctionDefinition;
  readonly lambda: Lambda;
  readonly logGroup: LogGroup;
};

/**
 * How long Lambda tries to start a preparation or a firing. A wake-up comes at least 61 s before the opening, and nothing is
 * booked later than 2 minutes after the opening: together 3 minutes.
 */
const WAKE_UP_MAX_AGE = Duration.minutes(3);

/** The functions of the catalogue, each with its own role, log group and environment. */
export class Functions extends Construct {
  readonly all: readonly ServiceFunction[];
  /** The events of preparations and firings that threw, timed out or could not be started. */
  readonly failedFirings: DeadLetters;

  constructor(scope: Construct, id: string, { options, bundles, publicUrl, ...shared }: FunctionsProps) {
    super(scope, id);
    const { mailFrom } = options;
    // The ARNs are lazy, because roles need them before the functions exist.
    const arnOf = (name: FunctionName) => Lazy.string({ produce: () => this.named(name).functionArn });
    // The role of `refresh-tokens` names the function itself. A reference would be circular, so the ARN is built from the name.
    const refreshArn = Stack.of(this).formatArn({
      service: 'lambda',
      resource: 'function',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      resourceName: functionName(this, REFRESH),
    });
    const startedArns = {
      [PREPARE]: arnOf(PREPARE),
      [FIRE]: arnOf(FIRE),
      [REFRESH]: refreshArn,
      [END_ACCOUNT]: arnOf(END_ACCOUNT),
    };
    const resources = { ...shared, mailFrom, startedArns, alarmArnOf: alarmArnsOf(this) };
    const reservations = this.#reserve(options);
    const values = { PUBLIC_URL: publicUrl, ...buildEnvironmentValues(this, options, resources) };
    this.all = [...selectFunctions(options)].map(([name, definition]) => {
      const logGroup = new LogGroup(this, `${name}-log`, {
        retention: options.logRetentionDays,
        removalPolicy: removalPolicyOf(options),
      });
      const lambda = new Lambda(this, name, {
        functionName: functionName(this, name),
        runtime: Runtime.NODEJS_24_X,
        architecture: Architecture.ARM_64,
        handler: 'index.handler',
        code: Code.fromAsset(join(bundles, name), { exclude: ['*.map'] }),
        memorySize: definition.memoryMB,
        timeout: Duration.seconds(definition.timeoutSeconds),
        environment: environmentFor(definition, values),
        role: createFunctionRole(this, name, [
          ...statementsFor(definition, resources),
          ...(options.tracing === 'true' ? [traceStatement()] : []),
          logStatement(logGroup),
        ]),
        logGroup,
        loggingFormat: LoggingFormat.JSON,
        ...buildReservation(reservations, name),
      });
      if (options.tracing === 'true') trace(lambda);
      suppressNag(lambda, NO_DEAD_LETTER_QUEUE, 'Serverless-LambdaDLQ');
      return { name, definition, lambda, logGroup };
    });
    this.failedFirings = new DeadLetters(this, 'FailedFirings', options);
    this.#disableRetries();
    if (options.tracing === 'false') suppressNag(this, NO_TRACING, 'Serverless-LambdaTracing');
    else suppressNag(this, XRAY_HAS_NO_RESOURCES, 'AwsSolutions-IAM5[Resource::*]', 'Serverless-LambdaStarPermissions');
    grantInvoke(shared.wakeUps.role, this.named(PREPARE));
    shared.firingQueue.deliverTo(this.named(DISPATCH));
    shared.wakeUps.suppressNagOn(this);
  }

  get fire(): Lambda {
    return this.named(FIRE);
  }

  /** Returns a function by its name. */
  named(name: FunctionName): Lambda {
    const serviceFunction = this.all.find((candidate) => candidate.name === name);
    if (!serviceFunction) throw new Error(`There is no function ${name}.`);
    return serviceFunction.lambda;
  }

  /** The functions that a schedule starts every minute. */
  get everyMinute(): ReadonlyMap<string, Lambda> {
    return new Map(
      this.all.flatMap(({ name, definition, lambda }) => (definition.everyMinute ? [[name, lambda]] : [])),
    );
  }

  /** The functions that the event bus starts. */
  get onEvents(): ReadonlyMap<string, Lambda> {
    return new Map(this.all.flatMap(({ name, definition, lambda }) => (definition.onEvents ? [[name, lambda]] : [])));
  }

  /** Divides the concurrent executions. Reports at synthesis how many the account must have, or warns if it has too few. */
  #reserve({ accountConcurrency, fireReservedConcurrency }: DeploymentOptions): Reservations {
    const reservations = reserveConcurrency(accountConcurrency, fireReservedConcurrency);
    const reserved = [...reservations.values()].reduce((sum, count) => sum + count, 0);
    if (reserved === 0) Annotations.of(this).addWarningV2(NO_RESERVATION, describeSmallAccount(accountConcurrency));
    else Annotations.of(this).addInfoV2(RESERVATION, describeReservation(reserved, accountConcurrency));
    return reservations;
  }

  /**
   * Turns off Lambda's own retries, which come minutes later. A firing would be too late by then, and a function that has a
   * schedule needs no retry, because its next run does the work.
   */
  #disableRetries(): void {
    for (const lambda of [this.fire, this.named(PREPARE)])
      lambda.configureAsyncInvoke({
        retryAttempts: 0,
        maxEventAge: WAKE_UP_MAX_AGE,
        onFailure: new SqsDestination(this.failedFirings),
      });
    for (const { lambda, definition } of this.all) {
      if (!definition.everyMinute && definition.everyHours === undefined) continue;
      const maxEventAge = definition.everyMinute ? Duration.minutes(1) : Duration.hours(1);
      lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge });
      suppressNag(lambda, NEXT_RUN_RECOVERS, 'Serverless-LambdaAsyncFailureDestination');
    }
  }
}

const NO_DEAD_LETTER_QUEUE =
  'Routes are called synchronously, so the caller sees a failure. The firing and the functions that the bus starts have an on-failure destination, which records more than a dead-letter queue. For a function with a schedule, the next run does the work of a failed run.';
const NEXT_RUN_RECOVERS =
  'The event of a failed run holds at most its minute, and the next run does the work of the failed run. An alarm reports the failure.';
const NO_TRACING =
  'Each step of a pre-booking is one log line with the pre-booking’s id. Tracing needs a permission on all resources (*) in every role, so it is an option.';
const XRAY_HAS_NO_RESOURCES =
  'X-Ray’s actions that send traces cannot be limited to a resource (Service Authorization Reference).';

const PREPARE = 'prepare-prebooking' satisfies FunctionName;
const DISPATCH = 'dispatch-firings' satisfies FunctionName;
const FIRE = 'fire-prebooking' satisfies FunctionName;
const REFRESH = 'refresh-tokens' satisfies FunctionName;
const END_ACCOUNT = 'end-account' satisfies FunctionName;

const functionName = (scope: Construct, name: string) => `${Stack.of(scope).stackName}-${name}`;

/** Builds ARNs of alarms by their names. */
const alarmArnsOf = (scope: Construct) => (name: AlarmName) =>
  Stack.of(scope).formatArn({
    service: 'cloudwatch',
    resource: 'alarm',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    resourceName: buildAlarmName(scope, name),
  });

/** With these ids, an operator can acknowledge the warning and the note in CDK. */
const NO_RESERVATION = 'on-the-dot:no-reserved-concurrency';
const RESERVATION = 'on-the-dot:reserved-concurrency';

const describeReservation = (reserved: number, accountConcurrency: number) =>
  `${reserved} of ${accountConcurrency} concurrent executions are reserved. Lambda refuses that in an account that has fewer, such as a new one with 10: compare "aws lambda get-account-settings --query AccountLimit.ConcurrentExecutions", and set accountConcurrency.`;

const describeSmallAccount = (accountConcurrency: number) =>
  `Nothing is reserved for the firings: an account that may run ${accountConcurrency} functions at once is too small for that. Requests may then use all executions while firings need them, and members lose classes. Have the quota "Concurrent executions" raised, and set accountConcurrency.`;

/** Builds the property of a function for its reserved executions. */
function buildReservation(reservations: Reservations, name: string) {
  // `get` accepts only a `FunctionName`, and `selectFunctions` gives the names as plain texts.
  const [, reserved] = [...reservations].find(([reservedName]) => reservedName === name) ?? [];
  return reserved === undefined ? {} : { reservedConcurrentExecutions: reserved };
}

function createFunctionRole(scope: Construct, name: string, statements: readonly PolicyStatement[]): Role {
  return new Role(scope, `${name}-role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { granted: new PolicyDocument({ statements: [...statements] }) },
  });
}

/** Turns on X-Ray for a function. The property `tracing` of `Lambda` would also create a policy resource for each function. */
function trace({ node }: Lambda): void {
  if (node.defaultChild instanceof CfnFunction) node.defaultChild.tracingConfig = { mode: 'Active' };
}

const traceStatement = () =>
  new PolicyStatement({ actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'] });

const logStatement = ({ logGroupArn }: LogGroup) =>
  new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroupArn] });

/** Builds the values of all environment variables. `environmentFor` picks those of one function. */
const buildEnvironmentValues = (
  scope: Construct,
  options: DeploymentOptions,
  { tables, secrets, wakeUps, firingQueue, bus, startedArns, mailFrom }: Resources,
): EnvironmentValues => ({
  ...options.settings,
  SERVICE_NAME: Stack.of(scope).stackName,
  ...tableVariables((table) => tables.named(table).tableName),
  KEYS_SECRET_ID: secrets.keys.secretArn,
  SALT_SECRET_ID: secrets.salt.secretArn,
  PUSH_SECRET_ID: secrets.push.secretArn,
  SCHEDULE_GROUP: wakeUps.group.scheduleGroupName,
  SCHEDULE_ROLE_ARN: wakeUps.role.roleArn,
  SCHEDULE_DEAD_LETTER_ARN: wakeUps.undelivered.queueArn,
  PREPARE_FUNCTION_ARN: startedArns[PREPARE],
  FIRE_FUNCTION_ARN: startedArns[FIRE],
  REFRESH_FUNCTION_ARN: startedArns[REFRESH],
  END_ACCOUNT_FUNCTION_ARN: startedArns[END_ACCOUNT],
  FIRING_QUEUE_URL: firingQueue.queue.queueUrl,
  EVENT_BUS_NAME: bus.eventBusName,
  ...(mailFrom !== undefined && { MAIL_FROM: mailFrom }),
  ...(secrets.doctor && {
    DOCTOR_SECRET_ID: secrets.doctor.secretArn,
    DOCTOR_ALARM_NAME: buildAlarmName(scope, 'aimharder-changed'),
  }),
  ...(options.monitoring === 'basic' && { MONITORING: 'basic' }),
});
