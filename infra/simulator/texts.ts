import type { BoxRule, Switches } from './switches.ts';

type Language = Switches['language'];

/** Values of `errorMssgLang` in answers with -12 (lib/aimharder/README.md, "Keys of -12"). */
const KEYS = {
  days: 'ERROR_ANTELACION_CLIENTE',
  hours: 'ERROR_ANTELACION_CLIENTE_HORAS',
  sameHour: 'NOPUEDESRESERVAMISMAHORA',
  contract: 'HASSUPERADOLIMITCONTR',
} as const;

const TOO_EARLY = {
  es: {
    days: (amount: number) => `No puedes reservar clases con más de ${amount} días de antelación`,
    hours: (amount: number) => `No puedes reservar clases con más de ${amount} horas de antelación`,
    fixed: 'Todavía no puedes reservar esta clase',
  },
  ca: {
    days: (amount: number) => `No pots reservar classes amb més de ${amount} dies d'antelació`,
    hours: (amount: number) => `No pots reservar classes amb més de ${amount} hores d'antelació`,
    fixed: 'Encara no pots reservar aquesta classe',
  },
  en: {
    days: (amount: number) => `You cannot book classes more than ${amount} days in advance`,
    hours: (amount: number) => `You cannot book classes more than ${amount} hours in advance`,
    fixed: 'You cannot book this class yet',
  },
} as const;

const SAME_HOUR = {
  es: 'No puedes hacer más de una reserva a la misma hora',
  ca: 'No pots fer més d’una reserva a la mateixa hora',
  en: 'You cannot make more than one booking at the same time',
} as const;

const CONTRACT_LIMIT = {
  es: 'Has superado el límite de reservas de tu tarifa',
  ca: 'Has superat el límit de reserves de la teva tarifa',
  en: 'You have exceeded the booking limit of your membership',
} as const;

const NOT_OFFERED = {
  es: 'Esta clase no se puede reservar',
  ca: 'Aquesta classe no es pot reservar',
  en: 'This class cannot be booked',
} as const;

const LOCKED_EMAIL = {
  es: 'Has fallado demasiadas veces. Inténtalo más tarde',
  ca: 'Has fallat massa vegades. Torna-ho a provar més tard',
  en: 'Too many wrong attempts',
} as const;

const WRONG_PASSWORD = {
  es: 'Usuario o contraseña incorrecto',
  ca: 'Usuari o contrasenya incorrecte',
  en: 'Incorrect credentials',
} as const;

/**
 * Builds the text and key of "too early". For a box that opens at a fixed time, the text has no number. AimHarder's key for
 * such a box is unknown, so the simulator sends the key for days.
 */
export function tooEarlyError(
  rule: BoxRule,
  language: Language,
): { readonly errorMssg: string; readonly errorMssgLang: string } {
  const texts = TOO_EARLY[language];
  if ('time' in rule) return { errorMssg: texts.fixed, errorMssgLang: KEYS.days };
  return { errorMssg: texts[rule.unit](rule.amount), errorMssgLang: KEYS[rule.unit] };
}

export const sameHourError = (language: Language) => ({ errorMssg: SAME_HOUR[language], errorMssgLang: KEYS.sameHour });
export const contractLimitError = (language: Language) => ({
  errorMssg: CONTRACT_LIMIT[language],
  errorMssgLang: KEYS.contract,
});
/** Builds the text without a key, because AimHarder's key is unknown. */
export const notOfferedError = (language: Language) => ({ errorMssg: NOT_OFFERED[language] });
export const lockedText = (language: Language): string => LOCKED_EMAIL[language];
export const wrongPasswordText = (language: Language): string => WRONG_PASSWORD[language];
