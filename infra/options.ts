import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as z from 'zod/mini';
import { originsFrom } from '../lib/aimharder/origins.ts';
import { boxSettingsFrom } from '../lib/boxes/settings.ts';
import { aimSettingFrom } from '../lib/firing/aim.ts';
import { positiveInteger } from '../lib/platform/environment.ts';
import { parseWheel } from '../lib/refresh/timing-wheel.ts';
import { pickSettings, SETTINGS, type Setting } from './catalog/function-definition.ts';

/** What is chosen when the service is deployed: CDK context (infra/constructs/README.md, "Options"). */
export type DeploymentOptions = z.output<typeof Options> & {
  /** Variables of the functions, under their own names. */
  readonly settings: Readonly<Partial<Record<Setting, string>>>;
};

const numeric = z.pipe(
  z.string(),
  z.transform((text: string) => Number(text)),
);
const positive = numeric.check(
  z.refine((value: number) => Number.isSafeInteger(value) && value > 0, 'a whole number above 0'),
);
const listed = z.pipe(
  z.string(),
  z.transform((text: string) => text.split(',').filter(Boolean)),
);

export const OPTIONS = {
  stage: z._default(z.string().check(z.regex(/^[a-z][a-z0-9-]{0,19}$/, 'up to 20 of a-z, 0-9 and -')), 'prod'),
  removal: z._default(z.enum(['retain', 'destroy']), 'retain'),
  encryption: z._default(z.enum(['aws-managed', 'customer-managed']), 'aws-managed'),
  logRetentionDays: z.prefault(
    z.pipe(numeric, z.enum(RetentionDays, 'days that CloudWatch Logs knows: 1, 7, 30, 90, 365 …')),
    '30',
  ),
  throttleRate: z.prefault(positive, '50'),
  throttleBurst: z.prefault(positive, '100'),
  corsOrigins: z.prefault(listed, ''),
  fireReservedConcurrency: z.optional(positive),
  alarmEmail: z.optional(z.email()),
  mailFrom: z.optional(z.email()),
};
const Options = z.object(OPTIONS);

/** @throws Error naming every option that is not as it should be, before anything is deployed. */
export function optionsFrom(context: (name: string) => unknown): DeploymentOptions {
  const texts = (names: readonly string[]) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = context(name);
        return value === undefined || value === '' ? [] : [[name, textOf(value)]];
      }),
    );
  const decoded = Options.safeParse(texts(Object.keys(OPTIONS)));
  if (!decoded.success) {
    const faults = decoded.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`context: ${faults.join('; ')}`);
  }
  const settings = pickSettings(texts(SETTINGS));
  refuseBadSettings(settings);
  return { ...decoded.data, settings };
}

/** Turns a list or an object, which cdk.json may hold, into the text that `-c` takes. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Refuses settings that the functions would refuse as well, but only once they run. */
function refuseBadSettings(settings: Partial<Record<Setting, string>>): void {
  aimSettingFrom(settings);
  boxSettingsFrom(settings);
  originsFrom(settings);
  parseWheel(settings);
  positiveInteger(settings, 'MAX_PENDING_PREBOOKINGS', 1);
  positiveInteger(settings, 'REFRESH_CONCURRENCY', 1);
}
