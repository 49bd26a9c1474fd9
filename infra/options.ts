import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as z from 'zod/mini';
import { checkSettings } from './catalog/check-settings.ts';
import { pickSettings, SETTINGS, type Setting } from './catalog/function-definition.ts';

/** The options of a deployment, from CDK's context (infra/constructs/README.md, "Options"). */
export type DeploymentOptions = Omit<z.output<typeof Options>, 'monitoring'> & {
  /**
   * `basic`: a few alarms, on AWS's own metrics. `full`: an alarm for every kind of harm, a dashboard, and the service's own
   * metrics.
   */
  readonly monitoring: 'basic' | 'full';
  /** Environment variables of the functions, by their names. */
  readonly settings: Readonly<Partial<Record<Setting, string>>>;
};

const NumericText = z.pipe(
  z.string(),
  z.transform((text: string) => Number(text)),
);
const PositiveInteger = NumericText.check(
  z.refine((value: number) => Number.isSafeInteger(value) && value > 0, 'a whole number above 0'),
);
const CommaList = z.pipe(
  z.string(),
  z.transform((text: string) => text.split(',').filter(Boolean)),
);

/** The options by their names. Each decodes the text that the argument `-c` of CDK gives (`toText`). */
export const OPTIONS = {
  stage: z._default(z.string().check(z.regex(/^[a-z][a-z0-9-]{0,19}$/, 'up to 20 of a-z, 0-9 and -')), 'prod'),
  removal: z._default(z.enum(['retain', 'destroy']), 'retain'),
  encryption: z._default(z.enum(['aws-managed', 'customer-managed']), 'aws-managed'),
  logRetentionDays: z.prefault(
    z.pipe(NumericText, z.enum(RetentionDays, 'days that CloudWatch Logs offers: 1, 7, 30, 90, 365 …')),
    '30',
  ),
  throttleRate: z.prefault(PositiveInteger, '50'),
  throttleBurst: z.prefault(PositiveInteger, '100'),
  corsOrigins: z.prefault(CommaList, ''),
  allowedEmails: z.optional(z.string()),
  accountConcurrency: z.prefault(PositiveInteger, '1000'),
  fireReservedConcurrency: z.optional(PositiveInteger),
  alarmEmail: z.optional(z.email()),
  alarmTopicArn: z.optional(
    z.string().check(z.regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/, 'the ARN of an SNS topic')),
  ),
  monitoring: z.optional(z.enum(['basic', 'full'])),
  domainName: z.optional(
    z
      .string()
      .check(
        z.regex(/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, 'a host name in small letters'),
      ),
  ),
  certificateArn: z.optional(
    z
      .string()
      .check(z.regex(/^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/, 'the ARN of a certificate of ACM')),
  ),
  hostedZoneId: z.optional(z.string().check(z.regex(/^Z[A-Z0-9]{1,31}$/, 'the id of a hosted zone of Route 53'))),
  doctor: z.optional(
    z
      .string()
      .check(
        z.regex(
          /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]{1,512}-[A-Za-z0-9]{6}$/,
          'the whole ARN of a secret, as create-secret prints it',
        ),
      ),
  ),
  tracing: z._default(z.enum(['true', 'false']), 'false'),
  mailFrom: z.optional(z.email()),
};
const Options = z.object(OPTIONS);

/**
 * Reads the options.
 *
 * @param context returns the value of a name in CDK's context.
 * @throws Error that names every invalid option.
 */
export function optionsFrom(context: (name: string) => unknown): DeploymentOptions {
  const readTexts = (names: readonly string[]) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = context(name);
        return value === undefined || value === '' ? [] : [[name, toText(value)]];
      }),
    );
  const decoded = Options.safeParse(readTexts(Object.keys(OPTIONS)));
  if (!decoded.success) {
    const issues = decoded.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`context: ${issues.join('; ')}`);
  }
  // The option `allowedEmails` sets the variable ALLOWED_EMAILS.
  const { allowedEmails: ALLOWED_EMAILS } = decoded.data;
  const settings = pickSettings({ ...readTexts(SETTINGS), ...(ALLOWED_EMAILS && { ALLOWED_EMAILS }) });
  refusePrivateHosts(settings);
  checkSettings(settings);
  assertDomain(decoded.data);
  const { alarmEmail, alarmTopicArn } = decoded.data;
  const defaultMonitoring = alarmEmail || alarmTopicArn ? 'full' : 'basic';
  return { ...decoded.data, monitoring: decoded.data.monitoring ?? defaultMonitoring, settings };
}

/** @throws Error for a domain without a certificate, and for a certificate or a hosted zone without a domain. */
function assertDomain({ domainName, certificateArn, hostedZoneId }: z.output<typeof Options>): void {
  if (domainName && !certificateArn) throw new Error('context: domainName needs certificateArn, of the same Region');
  if (!domainName && (certificateArn || hostedZoneId))
    throw new Error('context: certificateArn and hostedZoneId need domainName');
}

/** Converts a value to the text that the argument `-c` would give, because cdk.json may also hold a list or an object. */
function toText(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Refuses a setting that cannot work on AWS. @throws Error that names the setting. */
function refusePrivateHosts({ NOTIFY_PRIVATE_HOSTS }: Partial<Record<Setting, string>>): void {
  if (NOTIFY_PRIVATE_HOSTS)
    throw new Error('context: NOTIFY_PRIVATE_HOSTS names hosts of a private network, which Lambda does not reach');
}
