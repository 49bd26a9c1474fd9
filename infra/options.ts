import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as z from 'zod/mini';
import { originsFrom } from '../lib/aimharder/origins.ts';
import { boxSettingsFrom } from '../lib/boxes/settings.ts';
import { aimSettingFrom } from '../lib/firing/aim.ts';
import { allowedEmailsFrom } from '../lib/login/allowed-emails.ts';
import { positiveInteger } from '../lib/platform/environment.ts';
import { parseWheel } from '../lib/refresh/timing-wheel.ts';
import { pickSettings, SETTINGS, type Setting } from './catalog/function-definition.ts';

/** The options of a deployment, from CDK's context (infra/constructs/README.md, "Options"). */
export type DeploymentOptions = z.output<typeof Options> & {
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
  const { allowedEmails: ALLOWED_EMAILS } = decoded.data;
  const settings = pickSettings({ ...readTexts(SETTINGS), ...(ALLOWED_EMAILS && { ALLOWED_EMAILS }) });
  assertSettings(settings);
  return { ...decoded.data, settings };
}

/** Converts a value to the text that `-c` would give: cdk.json may hold a list or an object. */
function toText(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Checks settings now that the functions would refuse only when they run. @throws Error for an invalid setting. */
function assertSettings(settings: Partial<Record<Setting, string>>): void {
  aimSettingFrom(settings);
  allowedEmailsFrom(settings);
  boxSettingsFrom(settings);
  originsFrom(settings);
  parseWheel(settings);
  positiveInteger(settings, 'MAX_PENDING_PREBOOKINGS', 1);
  positiveInteger(settings, 'REFRESH_CONCURRENCY', 1);
}
