import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { parseJson } from '../platform/json.ts';
import { failureOfStatus, hasLogout, notUnderstood } from './answer.ts';
import type { Exchange } from './transport.ts';
import { UpstreamFailure } from './upstream-failure.ts';
import { Anything, isLogout, Loose } from './wire.ts';

/** How long before a class its bookings open, as a refusal of AimHarder states it. */
export type AdvanceRule = { readonly unit: 'days' | 'hours'; readonly amount: number };

/** How an answer is recorded and shown. */
type Wording = {
  /** AimHarder's `bookState` and key (`errorMssgLang`); `logout` or `401` if the session was refused; `none` for a mere text. */
  readonly code: string;
  /** AimHarder's text without HTML, of at most 300 characters; null if the answer has none. */
  readonly message: string | null;
};

/** AimHarder's own answer to a booking request (README, "Codes of a booking answer"). */
type GivenAnswer = Wording &
  (
    | { readonly kind: 'booked'; readonly bookingId: string | null }
    /** `bookState` 0: a seat or the waitlist; only the timetable shows which (README, "Seat or waitlist"). */
    | { readonly kind: 'accepted'; readonly bookingId: string | null }
    | { readonly kind: 'already-booked' | 'class-full' | 'no-credit' | 'unpaid' | 'too-late' }
    | { readonly kind: 'logged-out' }
    | { readonly kind: 'booking-limit'; readonly max: number | null }
    | { readonly kind: 'too-early'; readonly rule: AdvanceRule | null }
    /** A code that nobody has documented. */
    | { readonly kind: 'unknown' }
  );

/** The result of a booking request. The status 200 alone proves nothing: the body decides. */
export type BookingAnswer =
  | GivenAnswer
  /** No usable answer: the booking may have been made. */
  | { readonly kind: 'unanswered'; readonly failure: UpstreamFailure }
  /**
   * AimHarder refused the request before it processed it, so no booking was made (README, "Lost answers"). `retryAfter`: how long
   * AimHarder asks to wait, in milliseconds.
   */
  | { readonly kind: 'turned-away'; readonly failure: UpstreamFailure; readonly retryAfter?: number | undefined };

const BookWire = z.object({
  bookState: Anything,
  id: Anything,
  max: Anything,
  errorMssg: Anything,
  errorMsg: Anything,
  error: Anything,
  message: Anything,
  errorMssgLang: Anything,
  logout: Anything,
});

/** Awaits and reads the answer to a booking request. Returns an UpstreamFailure as `unanswered` instead of throwing it. */
export async function readBooking(
  sent: Promise<Exchange>,
): Promise<{ readonly answer: BookingAnswer; readonly sentAt?: Instant }> {
  try {
    const exchange = await sent;
    return { answer: decodeExchange(exchange), sentAt: exchange.sentAt };
  } catch (error) {
    if (error instanceof UpstreamFailure) return { answer: { kind: 'unanswered', failure: error } };
    throw error;
  }
}

/** The code of a 401 without `logout`: it refuses the request, but does not prove that the session is dead. */
export const UNAUTHORIZED = '401';

/** The request has reached the balancer, so it may have booked. */
const MAY_HAVE_BOOKED = { mayHaveTakenEffect: true };

/**
 * Failures by status. The balancer sends these statuses if AimHarder's server does not answer; the server may still book
 * (README, "Lost answers").
 */
const BALANCER_FAILURES = new Map([
  [502, () => new UpstreamFailure('upstream-unreachable', 'AimHarder gave no answer (status 502).', MAY_HAVE_BOOKED)],
  [
    504,
    () => new UpstreamFailure('upstream-timeout', 'AimHarder gave no answer in time (status 504).', MAY_HAVE_BOOKED),
  ],
]);

function decodeExchange({ status, body, retryAfter }: Exchange): BookingAnswer {
  if (status === 401)
    return { kind: 'logged-out', code: hasLogout(parseJson(body)) ? 'logout' : UNAUTHORIZED, message: null };
  const balancerFailure = BALANCER_FAILURES.get(status);
  if (balancerFailure) return { kind: 'unanswered', failure: balancerFailure() };
  const answer = status === 200 ? decodeBooking(parseJson(body)) : undefined;
  if (answer) return answer;
  const failure = status === 200 ? notUnderstood('no booking answer') : failureOfStatus(status);
  return status === 429 || status === 503
    ? { kind: 'turned-away', failure, retryAfter }
    : { kind: 'unanswered', failure };
}

/** Decodes the body of an answer. @returns undefined for a body that AimHarder is not known to send. */
function decodeBooking(json: unknown): GivenAnswer | undefined {
  const wire = BookWire.safeParse(json);
  if (!wire.success) return undefined;
  const { data } = wire;
  // Different answers have their text in different fields.
  const texts = [data.errorMssg, data.errorMsg, data.error, data.message].map((text) =>
    Loose.text(text, MAX_HTML_LENGTH),
  );
  const message = toPlainText(texts.find((text) => text !== null) ?? null);
  if (isLogout(data.logout)) return { kind: 'logged-out', code: 'logout', message };
  const state = Loose.integer(data.bookState);
  const key = Loose.text(data.errorMssgLang);
  if (state === null) return message === null ? undefined : decodeText({ code: 'none', message }, message);
  return decodeState({ code: key === null ? String(state) : `${state} ${key}`, message }, state, key, data);
}

/** Decodes an answer by its `bookState` (README, "Codes of a booking answer"). */
function decodeState(wording: Wording, state: number, key: string | null, wire: z.infer<typeof BookWire>): GivenAnswer {
  switch (state) {
    case 1:
      return { kind: 'booked', bookingId: Loose.id(wire.id), ...wording };
    case 0:
      return { kind: 'accepted', bookingId: Loose.id(wire.id), ...wording };
    case -1:
      return { kind: 'class-full', ...wording };
    case -2:
      return { kind: 'no-credit', ...wording };
    case -4:
      return { kind: 'too-early', rule: parseRule(wording.message, 'days'), ...wording };
    case -5:
      return { kind: 'unpaid', ...wording };
    case -7:
      return { kind: 'too-late', ...wording };
    case -8:
      return { kind: 'booking-limit', max: Loose.integer(wire.max), ...wording };
    case -12:
      return decodeKey(wording, key) ?? decodeText(wording, wording.message ?? '') ?? { kind: 'unknown', ...wording };
    default:
      return { kind: 'unknown', ...wording };
  }
}

/** Decodes the state -12 by its key: the state alone has several meanings (README, "Keys of -12"). */
function decodeKey(wording: Wording, key: string | null): GivenAnswer | undefined {
  switch (key) {
    case 'ERROR_ANTELACION_CLIENTE':
      return { kind: 'too-early', rule: parseRule(wording.message, 'days'), ...wording };
    case 'ERROR_ANTELACION_CLIENTE_HORAS':
      return { kind: 'too-early', rule: parseRule(wording.message, 'hours'), ...wording };
    case 'NOPUEDESRESERVAMISMAHORA':
      return { kind: 'already-booked', ...wording };
    case 'HASSUPERADOLIMITCONTR':
      // "You have passed the limit of your contract" is a limit of bookings, not a lack of credit.
      return { kind: 'booking-limit', max: null, ...wording };
    default:
      return undefined;
  }
}

/**
 * Matches texts without a key that say that the member already has a booking, each by two patterns for `hasInOrder`. The second
 * pattern is applied to the rest of the text after the first: `^ ` is the end of a word there, and `^\W*$` the end of the text.
 * "Ya has superado el límite de reservas" and "más de una reserva al día" must not match.
 */
const ALREADY_BOOKED = [
  [/más de una reserva |ya has reservado |més d.una reserva |ja has reservat /iu, /hora/iu],
  [
    /ya (?:tienes|has hecho) (?:una|otra) reserva|ja (?:tens|has fet) una(?: altra)? reserva/iu,
    /^ .*(?:hora|class?e)|^\W*$/iu,
  ],
  [/more than one (?:booking|reservation) /iu, /time|hour/iu],
  [/already have an?(?:other)? (?:booking|reservation)/iu, /^ .*(?:time|hour|class)|^\W*$/iu],
] as const;

/** Checks whether a text matches both patterns, one after the other. One pattern that joins both by `.*` would take quadratic time. */
function hasInOrder(text: string, [first, second]: readonly [RegExp, RegExp]): boolean {
  const found = first.exec(text);
  return found !== null && second.test(text.slice(found.index + found[0].length));
}

/** Matches texts about a limit of bookings. They do not say that the member already has a booking of the class. */
const LIMIT = /l[ií]mit|m[aà]xim|máxim|super|excee/iu;

/** Matches a minimum in Spanish, Catalan and English. A refusal as too late says "in advance" too, but with a minimum. */
const AT_LEAST = /(?<!\p{L})(?:al)?men[oy]s(?!\p{L})|(?<!\p{L})m[ií]n(?:im|\.)|less than|fewer than|at least/iu;

/** The words for the units in Spanish, Catalan and English. */
const UNITS = { days: 'd[ií]as?|dies|days?', hours: 'horas?|hores|hours?' } as const;
/** The longest advance that is believed: 60 days, which is also the maximum of a configured rule. */
const MAX_AMOUNT = { days: 60, hours: 60 * 24 } as const;
/** Matches the plural beside a unit: `día(s)`, `día/s`, `hora/horas`. */
const PLURAL = '(?:\\(\\p{L}{1,2}\\)|/\\p{L}{1,6})?';
/** Matches a number with its unit, but no part of an hour such as 12:00 or of another number. */
const amountPattern = (unit: string): string => `(?<![\\d:.,])(\\d{1,4})\\s*(?:${unit})(?!\\p{L})${PLURAL}`;
const AMOUNTS = {
  days: new RegExp(amountPattern(UNITS.days), 'iu'),
  hours: new RegExp(amountPattern(UNITS.hours), 'iu'),
} as const;
/** Matches "4 days in advance" and "an advance of at most 4 days", by unit. Other uses of "advance" must not match. */
const ADVANCES = (['days', 'hours'] as const).map((unit) => {
  const amount = amountPattern(UNITS[unit]);
  const amountFirst = `${amount}\\s*(?:(?:de|of|in)\\s+|d\\W\\s*)?(?:antelaci|advance(?!\\p{L})|anticipa(?:ci|tion))`;
  const amountLast = `(?:antelaci|anticipaci)\\p{L}{0,9}\\s+(?:m[aàá]xima|superior|ma[jy]or)\\s+(?:de|a)\\s+${amount}`;
  return new RegExp(`${amountFirst}|${amountLast}`, 'iu');
});

/** Decodes a text that has no known key. @returns undefined for an unknown text, and for one that names a minimum. */
function decodeText(wording: Wording, text: string): GivenAnswer | undefined {
  if (ALREADY_BOOKED.some((patterns) => hasInOrder(text, patterns)) && !LIMIT.test(text))
    return { kind: 'already-booked', ...wording };
  if (AT_LEAST.test(text) || !ADVANCES.some((pattern) => pattern.test(text))) return undefined;
  return { kind: 'too-early', rule: parseRule(text, 'days'), ...wording };
}

/**
 * Parses the rule in a text.
 *
 * @param expected the unit that the answer's code or key stands for. If the text names only the other unit, the text counts.
 * @returns null if the text names no amount from 1 to `MAX_AMOUNT`, or names a minimum.
 */
function parseRule(text: string | null, expected: AdvanceRule['unit']): AdvanceRule | null {
  if (text === null || AT_LEAST.test(text)) return null;
  const units = expected === 'days' ? (['days', 'hours'] as const) : (['hours', 'days'] as const);
  const unit = units.find((candidate) => AMOUNTS[candidate].test(text));
  const amount = unit && Number(AMOUNTS[unit].exec(text)?.[1]);
  return unit && amount && amount <= MAX_AMOUNT[unit] ? { unit, amount } : null;
}

/** The longest text that is kept, in characters. AimHarder's texts have about 100. */
const MAX_TEXT_LENGTH = 300;

/** The longest text that is read before its HTML is removed, in characters. */
const MAX_HTML_LENGTH = 4_000;

/** The combining marks for HTML's names of accented letters, such as `&iacute;`. */
const ACCENTS: Readonly<Record<string, string>> = { acute: '\u0301', grave: '\u0300', tilde: '\u0303', uml: '\u0308' };

/** Removes the HTML of a text, and shortens the text so that it can be stored and shown. @returns null if nothing is left. */
function toPlainText(html: string | null): string | null {
  const text = html
    ?.replaceAll(/<[^<>]*>|&nbsp;/g, ' ')
    .replaceAll(/&([a-z])(acute|grave|tilde|uml);/gi, (_, letter, accent) => `${letter}${ACCENTS[accent] ?? ''}`)
    .normalize('NFC')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return Loose.text(text, MAX_TEXT_LENGTH);
}
