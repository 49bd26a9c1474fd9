/**
 * Logical ids, by type, of the resources that hold data or that others know by name or address. They must never change:
 * CloudFormation replaces a resource whose logical id changes, and its data, name or address is lost.
 */
export const KEPT_IDS: Readonly<Record<string, readonly string[]>> = {
  'AWS::ApiGatewayV2::Api': ['HttpApi4E1D4184'],
  'AWS::DynamoDB::Table': [
    'Tablesbookings6E24AD4B',
    'Tablesboxes7F43D985',
    'Tablescalendars7475EBC3',
    'TablescredentialsC585531C',
    'TableslimitsDB64E468',
    'TablesloginAttempts6294C6DF',
    'Tablesmessages13660B8D',
    'Tablesnotifications059CA766',
    'TablesprebookingsD0E23411',
    'Tablesroutines60627FBF',
    'TablessessionsE0D63582',
    'Tablestombstones3B7207B8',
  ],
  'AWS::Events::EventBus': ['EventsBus45DE4339'],
  'AWS::KMS::Key': ['Key961B73FD'],
  'AWS::SNS::Topic': ['NotificationsTopicAE679CBD'],
  'AWS::SQS::Queue': [
    'FiringQueue55C56094',
    'FiringQueueUndelivered6471292F',
    'FunctionsFailedFirings51195EE7',
    'NotificationsUnsent4D7BD6B2',
    'OnEventsUndelivered8CC15BD1',
    'WakeUpsUndeliveredB3376DEE',
  ],
  'AWS::Scheduler::ScheduleGroup': ['EveryMinuteGroup25E487D4', 'WakeUpsGroup390E9CF2'],
  'AWS::SecretsManager::Secret': ['SecretsEncryptionKeys09AAF871', 'SecretsFingerprintSaltACC6B5E1'],
};

/** The role for the delivery of wake-ups. Every waiting schedule names it. */
export const WAKE_UP_ROLE_ID = 'WakeUpsDeliveryRole9A9C4DC3';
