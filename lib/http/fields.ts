import * as z from 'zod/mini';
import { BOX_LABEL } from '../platform/text.ts';

// Fields that several routes accept. Each message names what is expected, and never repeats what was sent.

/** Builds the field of a text. @param expected what is expected, for the error message. */
const textField = (expected: string) => z.string({ error: expected });

/** Builds a check that refuses a long text before any pattern is matched against it. */
const maxLength = (length: number, expected: string) => z.maxLength(length, { error: expected, abort: true });

/**
 * Matches a text without control, format and unassigned characters, lone surrogates and line separators: no two texts may differ
 * only in characters that nobody sees. The zero-width joiner is allowed, because many emoji contain it.
 */
const PRINTABLE = /^(?:[^\p{C}\p{Zl}\p{Zp}]|\u200d)*$/u;

/** A text that a member writes: trimmed, printable, and in one Unicode form (NFC), so that equal texts are the same key. */
export const printableText = (longest: number, expected: string) =>
  textField(expected).check(
    z.trim(),
    z.normalize('NFC'),
    z.minLength(1, expected),
    maxLength(longest, expected),
    z.regex(PRINTABLE, expected),
  );

/**
 * A password, exactly as the member typed it. Control characters and lone surrogates are refused: no keyboard enters them in a
 * field of one line.
 */
export const Password = textField('a password').check(
  z.minLength(1, 'a password'),
  maxLength(256, 'a password of at most 256 characters'),
  z.regex(/^[^\p{Cc}\p{Cs}]*$/u, 'a password without control characters'),
);

/** An id in a path or query, whatever its form. If nothing has that id, the route answers 404. */
export const AnyId = textField('an id').check(
  maxLength(256, 'an id of at most 256 characters'),
  z.regex(/^[^\p{C}\s]+$/u, 'an id without spaces and control characters'),
);

/**
 * A member's e-mail address: trimmed, lower-cased, in one Unicode form (NFC), and printable, because the address is a key of
 * tables. The pattern takes time proportional to the length, whatever the text.
 */
export const Email = textField('an e-mail address').check(
  z.trim(),
  z.toLowerCase(),
  z.normalize('NFC'),
  maxLength(254, 'an e-mail address of at most 254 characters'),
  z.regex(/^[^\s@\p{C}]+@[^\s@.\p{C}]+(?:\.[^\s@.\p{C}]+)+$/u, 'an e-mail address'),
);

/** Accepts every query. Calendar programs, browsers and monitors add parameters of their own to public routes. */
export const AnyQuery = z.unknown();

/** The fingerprint of a device session. Fingerprints that start with `bg-` belong to background sessions. */
export const DeviceFingerprint = textField('8 to 64 letters, digits, "-" or "_"').check(
  z.regex(/^(?!bg-)[A-Za-z0-9_-]{8,64}$/, '8 to 64 letters, digits, "-" or "_", not starting with "bg-"'),
);

/** The subdomain of a box. */
export const BoxLabel = textField('the subdomain of a box').check(
  z.regex(BOX_LABEL, 'the subdomain of a box, such as "crossfit-demo"'),
);

/** A calendar day of the box, `YYYY-MM-DD`. */
export const Day = textField('a day, YYYY-MM-DD').check(
  z.refine((day: string) => /^\d{4}-\d{2}-\d{2}$/.test(day) && isCalendarDay(day), 'a day, YYYY-MM-DD'),
);

/** An id of AimHarder: digits, as text. */
export const NumericId = textField('an id, as text').check(z.regex(/^\d{1,18}$/, 'an id of digits, as text'));

/** Builds the field of a whole number from 1 to 9,999 in a query, where every value is text. */
export function integerInQuery(min: number, max: number) {
  const expected = `a whole number from ${min} to ${max}`;
  const isInRange = (text: string) => /^[1-9]\d{0,3}$/.test(text) && Number(text) >= min && Number(text) <= max;
  return z.pipe(textField(expected).check(z.refine(isInRange, expected)), z.transform(Number));
}

/** An instant in ISO 8601 with an offset or `Z`; decoded into epoch milliseconds. */
export const InstantField = z.pipe(
  textField('an instant, ISO 8601 with offset').check(
    z.refine(isInstant, 'an instant, ISO 8601 with offset or Z, such as 2026-03-27T19:30:00Z'),
  ),
  z.transform((iso: string) => Date.parse(iso)),
);

function isInstant(iso: string): boolean {
  const match = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/.exec(iso);
  return match?.[1] !== undefined && isCalendarDay(match[1]) && !Number.isNaN(Date.parse(iso));
}

/** Checks whether a day exists. `Date.parse` alone would read 30 February as 2 March. */
function isCalendarDay(day: string): boolean {
  const instant = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(day);
}

/** The path of the members' page: the name of a file for `/assets/{file}`, and no parameter for the page's other routes. */
export const AssetPath = z.object({
  file: z.optional(z.string().check(z.regex(/^[\w.-]{1,100}$/, 'the name of a file'))),
});
