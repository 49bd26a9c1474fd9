import * as z from 'zod/mini';

/**
 * The resources that hold data, or that others know by name or address: for each type, the logical id and, of its properties that
 * CloudFormation cannot change, their values (`identityOf`). None of them may ever change: CloudFormation would replace the
 * resource, and its data, name or address would be lost.
 */
export const KEPT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'AWS::ApiGatewayV2::Api': { HttpApi4E1D4184: 'HTTP' },
  'AWS::DynamoDB::Table': {
    Tablesbookings6E24AD4B: 'email, booking',
    Tablesboxes7F43D985: 'box',
    Tablescalendars7475EBC3: 'email',
    TablescredentialsC585531C: 'email',
    TableslimitsDB64E468: 'subject',
    TablesloginAttempts6294C6DF: 'subject',
    Tablesmessages13660B8D: 'email, id',
    Tablesnotifications059CA766: 'email',
    TablesprebookingsD0E23411: 'email, id; byClass: email, classStartsAt',
    TablespushSubscriptions73E72020: 'email, id',
    Tablesroutines60627FBF: 'email',
    TablessessionsE0D63582: 'email, fingerprint',
    Tablestombstones3B7207B8: 'member',
  },
  'AWS::Events::EventBus': { EventsBus45DE4339: 'onthedotprodEventsBus6C012978' },
  'AWS::KMS::Key': { Key961B73FD: '' },
  'AWS::SNS::Topic': { NotificationsTopicAE679CBD: '' },
  'AWS::SQS::Queue': {
    FiringQueue55C56094: '',
    FiringQueueUndelivered6471292F: '',
    FunctionsFailedFirings51195EE7: '',
    NotificationsUnsent4D7BD6B2: '',
    OnEventsUndelivered8CC15BD1: '',
    WakeUpsUndeliveredB3376DEE: '',
  },
  'AWS::Scheduler::ScheduleGroup': {
    EveryMinuteGroup25E487D4: 'on-the-dot-prod-every-minute',
    WakeUpsGroup390E9CF2: 'on-the-dot-prod-wake-ups',
  },
  'AWS::SecretsManager::Secret': {
    SecretsEncryptionKeys09AAF871: '',
    SecretsFingerprintSaltACC6B5E1: '',
    SecretsPushKey54334A51: '',
  },
};

/** The role for the delivery of wake-ups. Every waiting schedule names it. */
export const WAKE_UP_ROLE_ID = 'WakeUpsDeliveryRole9A9C4DC3';

/** The properties by which CloudFormation replaces a resource if they change (its reference, "Update requires: Replacement"). */
const NAMES = ['Name', 'TableName', 'QueueName', 'TopicName', 'FifoQueue', 'FifoTopic', 'ProtocolType'];

const Keys = z.array(z.object({ AttributeName: z.string() }));
const Indexes = z.array(z.object({ IndexName: z.string(), KeySchema: Keys }));
const namesOf = (keys: unknown): string =>
  Keys.parse(keys ?? [])
    .map(({ AttributeName }) => AttributeName)
    .join(', ');

/** Describes what CloudFormation cannot change of a resource: its name if it has one, and a table's keys, with those of local indexes. */
export function identityOf(type: string, properties: Readonly<Record<string, unknown>>): string {
  // The name of an API can be changed.
  const names = NAMES.filter((name) => !(type === 'AWS::ApiGatewayV2::Api' && name === 'Name'));
  const indexes = Indexes.parse(properties['LocalSecondaryIndexes'] ?? []);
  return [
    ...names.flatMap((name) => (name in properties ? [String(properties[name])] : [])),
    ...('KeySchema' in properties ? [namesOf(properties['KeySchema'])] : []),
    ...indexes.map(({ IndexName, KeySchema }) => `${IndexName}: ${namesOf(KeySchema)}`),
  ].join('; ');
}
