import * as z from 'zod/mini';
import type { UpstreamFailure } from './transport.ts';
import { isLogout, Loose } from './wire.ts';

/** How long before a class its bookings open, as a refusal tells. */
export type AdvanceRule = { readonly unit: 'days' | 'hours'; readonly amount: number };

/** AimHarder's own code and text, verbatim (HTML taken out). */
type Said = { readonly code: string; readonly message: string | null };

/** What AimHarder said to a booking (README, "Codes of a booking answer"). HTTP 200 alone says nothing. */
export type BookingAnswer =
  | (Said & { readonly kind: 'booked'; readonly bookingId: string | null })
  /** `bookState` 0: a seat or the waitlist, which only the listing tells. */
  | (Said & { readonly kind: 'accepted'; readonly bookingId: string | null })
  | (Said & { readonly kind: 'already-booked' | 'class-full' | 'no-credit' | 'unpaid' | 'too-late' })
  | (Said & { readonly kind: 'logged-out' })
  | (Said & { readonly kind: 'booking-limit'; readonly max: number | null })
  | (Said & { readonly kind: 'too-early'; readonly rule: AdvanceRule | null })
  /** A code nobody has documented: kept, never guessed at. */
  | (Said & { readonly kind: 'unknown' })
  /** No usable answer: the booking may have been made. */
  | { readonly kind: 'unanswered'; readonly failure: UpstreamFailure };

const BookWire = z.object({
  bookState: z.optional(z.unknown()),
  id: z.optional(z.unknown()),
  max: z.optional(z.unknown()),
  errorMssg: z.optional(z.unknown()),
  errorMsg: z.optional(z.unknown()),
  error: z.optional(z.unknown()),
  message: z.optional(z.unknown()),
  errorMssgLang: z.optional(z.unknown()),
  logout: z.optional(z.unknown()),
});

/** Reads the body of a booking's answer. @returns undefined when it is nothing AimHarder is known to send. */
export function decodeBooking(json: unknown): Exclude<BookingAnswer, { kind: 'unanswered' }> | undefined {
  const wire = BookWire.safeParse(json);
  if (!wire.success) return undefined;
  const { data } = wire;
  const texts = [data.errorMssg, data.errorMsg, data.error, data.message].map((text) => Loose.text(text));
  const message = textOf(texts.find((text) => text !== null) ?? null);
  if (isLogout(data.logout)) return { kind: 'logged-out', code: 'logout', message };
  const state = Loose.integer(data.bookState);
  const key = Loose.text(data.errorMssgLang);
  if (state === null) return message === null ? undefined : byText({ code: 'none', message }, message);
  return byState({ code: key === null ? String(state) : `${state} ${key}`, message }, state, key, data);
}

function byState(
  said: Said,
  state: number,
  key: string | null,
  wire: z.infer<typeof BookWire>,
): Exclude<BookingAnswer, { kind: 'unanswered' }> {
  switch (state) {
    case 1:
      return { kind: 'booked', bookingId: Loose.id(wire.id), ...said };
    case 0:
      return { kind: 'accepted', bookingId: Loose.id(wire.id), ...said };
    case -1:
      return { kind: 'class-full', ...said };
    case -2:
      return { kind: 'no-credit', ...said };
    case -4:
      return { kind: 'too-early', rule: ruleIn(said.message, 'days'), ...said };
    case -5:
      return { kind: 'unpaid', ...said };
    case -7:
      return { kind: 'too-late', ...said };
    case -8:
      return { kind: 'booking-limit', max: Loose.integer(wire.max), ...said };
    case -12:
      return byKey(said, key) ?? byText(said, said.message ?? '') ?? { kind: 'unknown', ...said };
    default:
      return { kind: 'unknown', ...said };
  }
}

/** -12 means several things; the key tells which (README, "Keys of -12"). */
function byKey(said: Said, key: string | null): Exclude<BookingAnswer, { kind: 'unanswered' }> | undefined {
  switch (key) {
    case 'ERROR_ANTELACION_CLIENTE':
      return { kind: 'too-early', rule: ruleIn(said.message, 'days'), ...said };
    case 'ERROR_ANTELACION_CLIENTE_HORAS':
      return { kind: 'too-early', rule: ruleIn(said.message, 'hours'), ...said };
    case 'NOPUEDESRESERVAMISMAHORA':
      return { kind: 'already-booked', ...said };
    case 'HASSUPERADOLIMITCONTR':
      // "You have passed the limit of your contract": a number of bookings used up, not a lack of credit.
      return { kind: 'booking-limit', max: null, ...said };
    default:
      return undefined;
  }
}

/**
 * What a text must say to count, without its key, as a booking the member has: a pre-booking takes it for success.
 * "Ya has superado el límite de reservas" or "más de una reserva al día" are none.
 */
const ALREADY = [
  /(?:más de una reserva|ya has reservado) .*hora|ya (?:tienes|has hecho) (?:una|otra) reserva(?: .*(?:hora|clase)|\W*$)/iu,
  /(?:més d.una reserva|ja has reservat) .*hora|ja (?:tens|has fet) una(?: altra)? reserva(?: .*(?:hora|classe)|\W*$)/iu,
  /more than one (?:booking|reservation) .*(?:time|hour)|already have an?(?:other)? (?:booking|reservation)(?: .*(?:time|hour|class)|\W*$)/iu,
];
const LIMIT = /l[ií]mit|m[aà]xim|máxim|super|excee/iu;

/** Of a booking too late: the same words, "in advance", with a least instead of a most. */
const AT_LEAST = /(?<!\p{L})(?:al)?men[oy]s(?!\p{L})|(?<!\p{L})m[ií]n(?:im|\.)|less than|fewer than|at least/iu;

const UNITS = { days: 'd[ií]as?|dies|days?', hours: 'horas?|hores|hours?' } as const;
/** The most that can be meant, as the boxes table takes it. */
const MOST = { days: 60, hours: 60 * 24 } as const;
/** No part of an hour such as 12:00, or of another number. */
const amountOf = (unit: string): string => `(?<![\\d:.,])(\\d{1,4})\\s*(?:${unit})(?!\\p{L})`;
const AMOUNTS = {
  days: new RegExp(amountOf(UNITS.days), 'iu'),
  hours: new RegExp(amountOf(UNITS.hours), 'iu'),
} as const;
/** "4 days in advance", or "an advance of at most 4 days": nothing else that is done in advance, and nothing advanced. */
const EARLY = (['days', 'hours'] as const).map((unit) => {
  const amount = amountOf(UNITS[unit]);
  const before = `${amount}\\s*(?:(?:de|of|in)\\s+|d\\W\\s*)?(?:antelaci|advance(?!\\p{L})|anticipa(?:ci|tion))`;
  const after = `(?:antelaci|anticipaci)\\p{L}*\\s+(?:m[aàá]xima|superior|ma[jy]or)\\s+(?:de|a)\\s+${amount}`;
  return { unit, form: new RegExp(`${before}|${after}`, 'iu') };
});

/** Without a key, or with one that is not known, the text decides, if it is one of those seen. */
function byText(said: Said, text: string): Exclude<BookingAnswer, { kind: 'unanswered' }> | undefined {
  if (ALREADY.some((seen) => seen.test(text)) && !LIMIT.test(text)) return { kind: 'already-booked', ...said };
  if (AT_LEAST.test(text) || !EARLY.some(({ form }) => form.test(text))) return undefined;
  return { kind: 'too-early', rule: ruleIn(text, 'days'), ...said };
}

/** @param unit that the key tells; the text's own counts, where it has another. */
function ruleIn(text: string | null, unit: AdvanceRule['unit']): AdvanceRule | null {
  if (text === null || AT_LEAST.test(text)) return null;
  const units = unit === 'days' ? (['days', 'hours'] as const) : (['hours', 'days'] as const);
  const said = units.find((one) => AMOUNTS[one].test(text));
  const amount = said && Number(AMOUNTS[said].exec(text)?.[1]);
  return said && amount && amount <= MOST[said] ? { unit: said, amount } : null;
}

const MAX_TEXT = 300;

/** `&iacute;` and its like, which HTML has for the letters of Spanish and Catalan. */
const ACCENTS: Readonly<Record<string, string>> = { acute: '\u0301', grave: '\u0300', tilde: '\u0303', uml: '\u0308' };

/** The text without its HTML, cut to a length that can be stored and shown. */
function textOf(html: string | null): string | null {
  const text = html
    ?.replaceAll(/<[^<>]*>|&nbsp;/g, ' ')
    .replaceAll(/&([a-z])(acute|grave|tilde|uml);/gi, (_, letter, accent) => `${letter}${ACCENTS[accent] ?? ''}`)
    .normalize('NFC')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return text ? text.slice(0, MAX_TEXT) : null;
}
