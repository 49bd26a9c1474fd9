/** A box's subdomain: one DNS label, so that nothing in it can lead a request elsewhere. */
export const BOX_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Removes case, accents and surplus space from a class's name, which members and timetables spell differently. */
export const normalizeName = (name: string): string =>
  name.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll(/\s+/g, ' ').trim();

export const sameName = (one: string, other: string): boolean => normalizeName(one) === normalizeName(other);

/** Replaces control characters, line breaks included, by spaces. Text from outside may hold anything. */
export const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ').trim();
