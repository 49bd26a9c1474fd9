/** Matches a box's subdomain: one DNS label, so that the name of a box can never lead a request to another host. */
export const BOX_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Removes case, accents and extra spaces from a class name, because members and timetables spell it differently. */
export const normalizeName = (name: string): string =>
  name.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll(/\s+/g, ' ').trim();

export const isSameName = (left: string, right: string): boolean => normalizeName(left) === normalizeName(right);

/** Replaces control characters, line breaks included, with spaces: text from outside may hold any character. */
export const toOneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ').trim();

/** Keeps the beginning of a text, as `slice` does, and leaves out half a character (a lone surrogate) at its end. */
export const cutText = (text: string, end: number): string => text.slice(0, end).replace(/\p{Cs}$/u, '');
