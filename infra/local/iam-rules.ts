import * as z from 'zod/mini';
import {
  type EnvironmentValues,
  type FunctionDefinition,
  SECRET_VARIABLES,
  STARTED_VARIABLES,
  tableGrants,
} from '../catalog/function-definition.ts';

type IamRequest = {
  readonly method: string;
  readonly url: URL;
  /** The operation, if the service's protocol names it in a header; otherwise empty. */
  readonly operation: string;
  readonly body: unknown;
};

/** The access key of this machine's user, who may do everything. Threads that run several functions use this key too. */
export const USER_ACCESS_KEY = 'local';

/** Builds a function's access key: its name without hyphens, because DynamoDB Local accepts only letters and digits. */
export const accessKeyOf = (name: string): string => name.replaceAll('-', '');

/**
 * The action and the resource of a request in IAM's terms, and whether the catalogue grants the action
 * (constructs/permissions.ts).
 */
type Decision = { readonly action: string; readonly resource: string; readonly isGranted: boolean };

/** Decides about a request. `values` are the environment variables that name the installation's resources. */
type Rule = (definition: FunctionDefinition, request: IamRequest, values: EnvironmentValues) => Decision;

export const SERVICES = ['dynamodb', 'secretsmanager', 'scheduler', 'lambda', 'events', 'ses', 'sqs'] as const;
export type Service = (typeof SERVICES)[number];

const TableRequest = z.object({ TableName: z.string(), IndexName: z.optional(z.string()) });
const SecretRequest = z.object({ SecretId: z.string() });
const ScheduleRequest = z.object({ GroupName: z.string(), Target: z.object({ RoleArn: z.string() }) });
const QueueRequest = z.object({ QueueUrl: z.string() });
const EventsRequest = z.object({ Entries: z.array(z.object({ EventBusName: z.string() })) });

/** Decides whether a function's request is granted, by service. */
export const RULES: Readonly<Record<Service, Rule>> = {
  dynamodb(definition, { operation, body }) {
    // A request for several tables has no TableName. No function sends such a request, so it is never granted.
    const { TableName: table = '', IndexName: index } = TableRequest.safeParse(body).data ?? {};
    const isGranted = tableGrants(definition, table).some(
      (grant) => grant.index === index && grant.actions.includes(operation),
    );
    return { action: `dynamodb:${operation}`, resource: index === undefined ? table : `${table}/${index}`, isGranted };
  },

  secretsmanager({ secrets = [] }, { operation, body }, values) {
    const id = SecretRequest.safeParse(body).data?.SecretId ?? '';
    const isGranted =
      operation === 'GetSecretValue' && secrets.some((secret) => values[SECRET_VARIABLES[secret]] === id);
    return { action: `secretsmanager:${operation}`, resource: id, isGranted };
  },

  scheduler({ wakeUps = [] }, { method, url, body }, values) {
    const { SCHEDULE_GROUP, SCHEDULE_ROLE_ARN } = values;
    if (method === 'POST') {
      const { GroupName: group, Target } = ScheduleRequest.safeParse(body).data ?? {};
      if (Target && Target.RoleArn !== SCHEDULE_ROLE_ARN)
        return { action: 'iam:PassRole', resource: Target.RoleArn, isGranted: false };
      const isGranted = wakeUps.includes('create') && group === SCHEDULE_GROUP;
      return { action: 'scheduler:CreateSchedule', resource: group ?? 'default', isGranted };
    }
    const resource = url.searchParams.get('groupName') ?? 'default';
    if (method !== 'DELETE') return { action: 'scheduler:GetSchedule', resource, isGranted: false };
    const isGranted = wakeUps.includes('delete') && resource === SCHEDULE_GROUP;
    return { action: 'scheduler:DeleteSchedule', resource, isGranted };
  },

  ses({ mail }, { method, url }) {
    const isGranted = mail === 'sends' && method === 'POST' && url.pathname === '/v2/email/outbound-emails';
    return { action: 'ses:SendEmail', resource: '*', isGranted };
  },

  lambda({ starts = [] }, { url }, values) {
    const [, encoded = ''] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(url.pathname) ?? [];
    const resource = decodeURIComponent(encoded);
    const isGranted = starts.some((name) => values[STARTED_VARIABLES[name]] === resource);
    return { action: 'lambda:InvokeFunction', resource, isGranted };
  },

  sqs({ firingQueue = [] }, { operation, body }, { FIRING_QUEUE_URL }) {
    const resource = QueueRequest.safeParse(body).data?.QueueUrl ?? '';
    const isGranted = firingQueue.includes('sends') && operation === 'SendMessage' && resource === FIRING_QUEUE_URL;
    return { action: `sqs:${operation}`, resource, isGranted };
  },

  events({ publishesEvents = false }, { operation, body }, { EVENT_BUS_NAME }) {
    const buses = EventsRequest.safeParse(body).data?.Entries.map((entry) => entry.EventBusName) ?? [];
    const otherBus = buses.find((bus) => bus !== EVENT_BUS_NAME);
    const isGranted = publishesEvents && operation === 'PutEvents' && otherBus === undefined;
    return { action: `events:${operation}`, resource: otherBus ?? EVENT_BUS_NAME, isGranted };
  },
};
