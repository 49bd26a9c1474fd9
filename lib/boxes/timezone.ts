import * as z from 'zod/mini';
import type { Environment } from '../platform/environment.ts';

/** IANA zones by a box's subdomain, for the boxes that are not where most are. */
export type Timezones = Readonly<Record<string, string>>;

/** AimHarder tells no zone; most of its boxes are in mainland Spain. */
const DEFAULT_TIMEZONE = 'Europe/Madrid';

export const timezoneOf = (timezones: Timezones, box: string): string => timezones[box] ?? DEFAULT_TIMEZONE;

const TimezonesVariable = z.record(z.string(), z.string().check(z.refine(isTimezone, 'an IANA zone')));

/** `BOX_TIMEZONES`: JSON from subdomain to IANA zone. @throws Error when it is anything else. */
export function timezonesFrom(environment: Environment): Timezones {
  const text = environment['BOX_TIMEZONES'];
  if (!text) return {};
  try {
    return TimezonesVariable.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error('configuration: BOX_TIMEZONES must be JSON such as {"box-tenerife": "Atlantic/Canary"}', { cause });
  }
}

function isTimezone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
