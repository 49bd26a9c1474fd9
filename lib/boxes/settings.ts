import * as z from 'zod/mini';
import type { Environment } from '../platform/environment.ts';
import { OpeningRule } from './opening-rule.ts';

/** What is configured of boxes, by their subdomain, because AimHarder does not tell it. */
export type BoxSettings = {
  /** IANA zones of the boxes that are not where most are. */
  readonly timezones: ReadonlyMap<string, string>;
  /** Opening rules, of boxes that open by the clock above all: no refusal tells such a rule. */
  readonly openings: ReadonlyMap<string, OpeningRule>;
};

/** AimHarder tells no zone; most of its boxes are in mainland Spain. */
const DEFAULT_TIMEZONE = 'Europe/Madrid';

export const timezoneOf = ({ timezones }: Pick<BoxSettings, 'timezones'>, box: string): string =>
  timezones.get(box) ?? DEFAULT_TIMEZONE;

const Timezones = z.record(z.string(), z.string().check(z.refine(isTimezone, 'an IANA zone')));
const Openings = z.record(z.string(), OpeningRule);

/** `BOX_TIMEZONES` and `BOX_OPENINGS`: JSON by subdomain. @throws Error when they are anything else. */
export const boxSettingsFrom = (environment: Environment): BoxSettings => ({
  timezones: timezonesFrom(environment),
  openings: decode(environment, 'BOX_OPENINGS', Openings, '{"box-sur": {"weekday": 7, "time": "17:30"}}'),
});

/** `BOX_TIMEZONES`: JSON from subdomain to IANA zone. @throws Error when it is anything else. */
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
