/** A value for each option that adds or changes resources, by itself valid; `domain` stands for the three options of a domain. */
export const EACH_OPTION = {
  stage: { stage: 'dev' },
  removal: { removal: 'destroy' },
  encryption: { encryption: 'customer-managed' },
  logRetentionDays: { logRetentionDays: '7' },
  throttle: { throttleRate: '20', throttleBurst: '40' },
  corsOrigins: { corsOrigins: 'https://a.example' },
  allowedEmails: { allowedEmails: 'ana@example.com,@gym.example' },
  accountConcurrency: { accountConcurrency: '500' },
  fireReservedConcurrency: { fireReservedConcurrency: '10' },
  alarmEmail: { alarmEmail: 'ops@example.com' },
  alarmTopicArn: { alarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:ops' },
  monitoring: { monitoring: 'full' },
  domain: {
    domainName: 'book.gym.example',
    certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b',
    hostedZoneId: 'Z0123456789',
  },
  doctor: { doctor: 'arn:aws:secretsmanager:eu-south-2:123456789012:secret:on-the-dot-doctor-a1B2c3' },
  tracing: { tracing: 'true' },
  mailFrom: { mailFrom: 'gym@example.com' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

/** All of them together. */
export const EVERY_OPTION: Readonly<Record<string, string>> = Object.assign({}, ...Object.values(EACH_OPTION));
