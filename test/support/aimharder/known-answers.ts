/** Every known answer of AimHarder to a booking, and its meaning (lib/aimharder/README.md, "Codes of a booking answer"). */

/** The text and key of a -12, the meaning of both together, and the meaning of the text alone. */
export type Refusal = readonly [text: string, key: string, meaning: object, textAlone: object];

export const KEYS = {
  days: 'ERROR_ANTELACION_CLIENTE',
  hours: 'ERROR_ANTELACION_CLIENTE_HORAS',
  sameHour: 'NOPUEDESRESERVAMISMAHORA',
  contract: 'HASSUPERADOLIMITCONTR',
} as const;

const early = (unit: 'days' | 'hours', amount: number) => ({ kind: 'too-early', rule: { unit, amount } });
const UNTOLD = { kind: 'too-early', rule: null };
const ALREADY = { kind: 'already-booked' };
const LIMIT = { kind: 'booking-limit', max: null };
const UNKNOWN = { kind: 'unknown' };

const { days: DAYS, hours: HOURS, sameHour: SAME_HOUR, contract: CONTRACT } = KEYS;

/** In Spanish, Catalan and English. */
export const REFUSALS: readonly Refusal[] = [
  ['No puedes reservar clases con más de 4 días de antelación', DAYS, early('days', 4), early('days', 4)],
  ['No puedes reservar clases con más de 1 día de antelación', DAYS, early('days', 1), early('days', 1)],
  ["No pots reservar classes amb més de 4 dies d'antelació", DAYS, early('days', 4), early('days', 4)],
  ['No pots reservar classes amb més de 4 dies d’antelació', DAYS, early('days', 4), early('days', 4)],
  ['No pots reservar classes amb més d´1 dia d´antelació', DAYS, early('days', 1), early('days', 1)],
  ['You cannot book classes with more than 14 days of anticipation', DAYS, early('days', 14), early('days', 14)],
  ['You cannot book classes more than 1 day in advance', DAYS, early('days', 1), early('days', 1)],
  ['Con una antelación máxima de 4 días', DAYS, early('days', 4), early('days', 4)],
  ['Amb una antelació superior a 4 dies', DAYS, early('days', 4), early('days', 4)],
  ['No puedes reservar clases con más de 72 horas de antelación', HOURS, early('hours', 72), early('hours', 72)],
  ['No puedes reservar clases con más de 1 hora de antelación', HOURS, early('hours', 1), early('hours', 1)],
  ["No pots reservar classes amb més de 22 hores d'antelació", HOURS, early('hours', 22), early('hours', 22)],
  ["No pots reservar classes amb més d'1 hora d'antelació", HOURS, early('hours', 1), early('hours', 1)],
  ['You cannot book classes more than 24 hours in advance', HOURS, early('hours', 24), early('hours', 24)],
  ['You cannot book classes more than 1 hour in advance', HOURS, early('hours', 1), early('hours', 1)],
  ['<p>Más de <b>4</b><br/>días de antelación</p>', DAYS, early('days', 4), early('days', 4)],
  ['M&aacute;s de 4&nbsp;d&iacute;as de antelaci&oacute;n', DAYS, early('days', 4), early('days', 4)],
  ['MÁS DE 4 DÍAS DE ANTELACIÓN', DAYS, early('days', 4), early('days', 4)],
  ['No puedes reservar con más de 4 día(s) de antelación', DAYS, early('days', 4), early('days', 4)],
  ['No pots reservar amb més de 4 dia(es) d’antelació', DAYS, early('days', 4), early('days', 4)],
  ['You cannot book more than 4 day(s) in advance', DAYS, early('days', 4), early('days', 4)],
  ['No puedes reservar con más de 48 hora/s de antelación', HOURS, early('hours', 48), early('hours', 48)],
  ['Con una antelación máxima de 1 día/días', DAYS, early('days', 1), early('days', 1)],
  // The key means days, but the text has hours: the text counts.
  ['No puedes reservar clases con más de 48 horas de antelación', DAYS, early('hours', 48), early('hours', 48)],
  ['No pots reservar classes amb més de 3 dies d’antelació', HOURS, early('days', 3), early('days', 3)],
  // Numbers that are no advance, and advances that are impossible.
  ['Reservas desde las 12:00 h del día anterior', DAYS, UNTOLD, UNKNOWN],
  ['Las reservas abren a las 18:30 h', HOURS, UNTOLD, UNKNOWN],
  ['Las reservas abren a las 12:00 horas', HOURS, UNTOLD, UNKNOWN],
  ['No puedes reservar con más de 0 días de antelación', DAYS, UNTOLD, UNTOLD],
  ['No puedes reservar con más de 61 días de antelación', DAYS, UNTOLD, UNTOLD],
  ['You cannot book more than 1441 hours in advance', HOURS, UNTOLD, UNTOLD],
  ['No puedes reservar con más de 1.5 días de antelación', DAYS, UNTOLD, UNKNOWN],
  ['Todavía no puedes reservar esta clase', DAYS, UNTOLD, UNKNOWN],
  ['Encara no pots reservar aquesta classe', DAYS, UNTOLD, UNKNOWN],
  ['You cannot book this class yet', DAYS, UNTOLD, UNKNOWN],
  ['Reserva con al menos 2 horas de antelación', HOURS, UNTOLD, UNKNOWN],
  ['No puedes hacer más de una reserva a la misma hora', SAME_HOUR, ALREADY, ALREADY],
  ['No pots fer més d’una reserva a la mateixa hora', SAME_HOUR, ALREADY, ALREADY],
  ['You cannot make more than one booking at the same time', SAME_HOUR, ALREADY, ALREADY],
  ['Ya tienes una reserva a esa hora', SAME_HOUR, ALREADY, ALREADY],
  ['Ya has reservado a esa hora', SAME_HOUR, ALREADY, ALREADY],
  ['Ya tienes una reserva.', SAME_HOUR, ALREADY, ALREADY],
  ['Ja tens una reserva a aquesta hora', SAME_HOUR, ALREADY, ALREADY],
  ['You already have a booking at that time', SAME_HOUR, ALREADY, ALREADY],
  ['Has superado el límite de reservas de tu tarifa', CONTRACT, LIMIT, UNKNOWN],
  ['Has superat el límit de reserves de la teva tarifa', CONTRACT, LIMIT, UNKNOWN],
  ['You have exceeded the booking limit of your membership', CONTRACT, LIMIT, UNKNOWN],
];

/** Texts that mention an advance or days, but do not mean "too early". */
export const NOT_EARLY = [
  'Solo puedes reservar 3 clases cada 7 días',
  'Tu cuota caduca en 3 días',
  'No puedes reservar con menos de 1 hora de antelación',
  'No pots reservar amb menys de 2 hores d’antelació',
  'You cannot book less than 2 hours in advance',
  'Debes reservar con al menos 2 horas de antelación',
  'Debes reservar como mínimo 2 horas de antelación',
  'Se requiere un mínimo de 2 horas de antelación',
  'La antelación mínima es de 2 horas',
  'Debes reservar con al menos 2 hora(s) de antelación',
  'Con una antelación mínima de 1 día',
  'Cal reservar almenys 2 hores d’antelació',
  'Cal reservar amb un mínim de 2 hores d’antelació',
  'Com a mínim 1 dia d’antelació',
  'You must book at least 2 hours in advance',
  'A minimum of 2 hours in advance is required',
  'Bookings close fewer than 2 hours in advance',
  'Mín. 2 horas de antelación',
  'Esta tarifa requiere pago anticipado',
  'Requiere el pago anticipado de 30 días',
  'Cal el pagament anticipat de 2 dies',
  'You must pay in advance',
  'This is an advanced class: it needs 30 days of membership',
  'After 10 days advanced class members may join',
] as const;

/** Answers with a `bookState`, and their meanings. */
export const STATES: readonly (readonly [says: string, json: object, meaning: object])[] = [
  ['booked', { bookState: 1, id: '90001234', clasesContratadas: '1,2' }, { kind: 'booked', bookingId: '90001234' }],
  ['booked, with kinds changed', { bookState: '1', id: 90001234 }, { kind: 'booked', bookingId: '90001234' }],
  ['booked without an id', { bookState: 1 }, { kind: 'booked', bookingId: null }],
  ['accepted', { bookState: 0, id: '7' }, { kind: 'accepted', bookingId: '7' }],
  ['accepted, as text', { bookState: '0', id: 7 }, { kind: 'accepted', bookingId: '7' }],
  ['full', { bookState: -1 }, { kind: 'class-full' }],
  ['no credit', { bookState: -2 }, { kind: 'no-credit' }],
  [
    'too early, the older form',
    { bookState: -4, errorMssg: 'No puedes reservar con más de 3 días de antelación' },
    early('days', 3),
  ],
  ['too early, the older form, without a text', { bookState: -4 }, UNTOLD],
  ['unpaid', { bookState: -5 }, { kind: 'unpaid' }],
  ['too late', { bookState: -7 }, { kind: 'too-late' }],
  ['the limit', { bookState: -8, max: 2 }, { kind: 'booking-limit', max: 2 }],
  ['the limit, as text', { bookState: '-8', max: '2' }, { kind: 'booking-limit', max: 2 }],
  ['the limit, untold', { bookState: -8 }, LIMIT],
  ['-12 alone', { bookState: -12 }, { kind: 'unknown', code: '-12', message: null }],
  [
    '-12 with another key and text',
    { bookState: -12, errorMssg: 'Algo nuevo', errorMssgLang: 'ALGONUEVO' },
    { kind: 'unknown', code: '-12 ALGONUEVO', message: 'Algo nuevo' },
  ],
  ...[-3, -6, -9, -10, -11, 2, 99].map(
    (bookState) =>
      [
        'a code that nobody knows',
        { bookState, id: '7', errorMssg: 'Texto' },
        { kind: 'unknown', code: String(bookState), message: 'Texto' },
      ] as const,
  ),
  ['a text alone', { error: 'Ya has hecho una reserva' }, { kind: 'already-booked', code: 'none' }],
  ['logout', { logout: 1 }, { kind: 'logged-out' }],
  ['logout as text', { logout: '1' }, { kind: 'logged-out' }],
  ['logout as true', { logout: true }, { kind: 'logged-out' }],
  ['logout beside a success', { logout: 1, bookState: 1 }, { kind: 'logged-out' }],
  ['a literal logout 0', { logout: 0, bookState: 1, id: '7' }, { kind: 'booked' }],
  ['an empty logout', { logout: '', bookState: 1, id: '7' }, { kind: 'booked' }],
];
