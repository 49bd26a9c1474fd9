import * as z from 'zod/mini';

/** Fields that several routes accept. Messages say what is expected, never what was sent. */

const text = (expected: string) => z.string({ error: expected });

/** Refuses a text that is too long, and looks at nothing else of it: no later check has to be quick on long input. */
const atMost = (length: number, expected: string) => z.maxLength(length, { error: expected, abort: true });

/** Trimmed and lower-cased: the key of a member. The pattern takes time that grows with the length alone. */
export const Email = text('an e-mail address').check(
  z.trim(),
  z.toLowerCase(),
  atMost(254, 'an e-mail address of at most 254 characters'),
  z.regex(/^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/, 'an e-mail address'),
);

/** Of what anybody may ask for: calendar programs, browsers and monitors add queries of their own. */
export const AnyQuery = z.unknown();

/** A device's own identifier; `bg-` is the server's. */
export const DeviceFingerprint = text('8 to 64 letters, digits, "-" or "_"').check(
  z.regex(/^(?!bg-)[A-Za-z0-9_-]{8,64}$/, '8 to 64 letters, digits, "-" or "_", not starting with "bg-"'),
);

/** One DNS label: the subdomain of a box. */
export const BoxLabel = text('the subdomain of a box').check(
  z.regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'the subdomain of a box, such as "crossfit-demo"'),
);

/** A calendar day of the box, `YYYY-MM-DD`. */
export const Day = text('a day, YYYY-MM-DD').check(
  z.refine((day: string) => /^\d{4}-\d{2}-\d{2}$/.test(day) && isCalendarDay(day), 'a day, YYYY-MM-DD'),
);

/** An id of AimHarder's: digits, as text. */
export const NumericId = text('an id, as text').check(z.regex(/^\d{1,18}$/, 'an id of digits, as text'));

/** An instant with offset or `Z`, as epoch milliseconds. */
export const InstantField = z.pipe(
  text('an instant, ISO 8601 with offset').check(
    z.refine(isInstant, 'an instant, ISO 8601 with offset or Z, such as 2026-03-27T19:30:00Z'),
  ),
  z.transform((iso: string) => Date.parse(iso)),
);

function isInstant(iso: string): boolean {
  const form = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/.exec(iso);
  return form?.[1] !== undefined && isCalendarDay(form[1]) && !Number.isNaN(Date.parse(iso));
}

/** Date.parse takes 30 February for 2 March; the calendar does not. */
function isCalendarDay(day: string): boolean {
  const instant = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(day);
}
