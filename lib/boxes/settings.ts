import * as z from 'zod/mini';
import type { Environment } from '../platform/environment.ts';
import { OpeningRule } from './opening-rule.ts';

/** The configuration of boxes, by subdomain, for facts that AimHarder does not provide. */
export type BoxSettings = {
  /** IANA time zones of the boxes outside the default zone. */
  readonly timezones: ReadonlyMap<string, string>;
  /** Opening rules of boxes that open at a fixed time of day or on a weekday: AimHarder's refusals do not state such rules. */
  readonly openings: ReadonlyMap<string, OpeningRule>;
};

/** The zone of mainland Spain, where most boxes are. AimHarder does not provide a box's zone. */
const DEFAULT_TIMEZONE = 'Europe/Madrid';

export const timezoneOf = ({ timezones }: Pick<BoxSettings, 'timezones'>, box: string): string =>
  timezones.get(box) ?? DEFAULT_TIMEZONE;

const Timezones = z.record(z.string(), z.string().check(z.refine(isTimezone, 'an IANA zone')));
const Openings = z.record(z.string(), OpeningRule);

/** Reads `BOX_TIMEZONES` and `BOX_OPENINGS`, JSON objects with subdomains as keys. @throws Error if one of them is invalid. */
export const boxSettingsFrom = (environment: Environment): BoxSettings => ({
  timezones: timezonesFrom(environment),
  openings: decode(environment, 'BOX_OPENINGS', Openings, '{"box-sur": {"weekday": 7, "time": "17:30"}}'),
});

/** Reads `BOX_TIMEZONES`, a JSON object of IANA time zones by subdomain. @throws Error if it is invalid. */
export const timezonesFrom = (environment: Environment): BoxSettings['timezones'] =>
  decode(environment, 'BOX_TIMEZONES', Timezones, '{"box-tenerife": "Atlantic/Canary"}');

function decode<T>(
  environment: Environment,
  name: string,
  schema: z.ZodMiniType<Record<string, T>>,
  example: string,
): ReadonlyMap<string, T> {
  try {
    return new Map(Object.entries(schema.parse(JSON.parse(environment[name] || '{}'))));
  } catch (cause) {
    throw new Error(`configuration: ${name} must be JSON such as ${example}`, { cause });
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
