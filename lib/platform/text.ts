/** A class's name without case, accents and surplus space: members and timetables do not write it alike. */
export const normalizeName = (name: string): string =>
  name.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll(/\s+/g, ' ').trim();

export const sameName = (one: string, other: string): boolean => normalizeName(one) === normalizeName(other);

/** Replaces control characters, line breaks included, by spaces. Text from outside may hold anything. */
export const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ').trim();
