import * as z from 'zod/mini';

/**
 * Reads values whose types vary: AimHarder may send a number as text, or null instead of a value (README, "Types drift").
 * Each function returns null for a value that it cannot read.
 */
export const Loose = {
  /**
   * Reads a whole number, or a text of its digits: 15 at most, because more may not be exact. Null and booleans do not count as 0
   * or 1.
   */
  integer(value: unknown): number | null {
    if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null;
    if (typeof value !== 'string' || !/^\s*-?\d{1,15}\s*$/.test(value)) return null;
    return Number(value);
  },
  /** Reads an id: a number above 0, or its digits as text. */
  id(value: unknown): string | null {
    const id = Loose.integer(value);
    return id === null || id <= 0 ? null : String(id);
  },
  /**
   * Reads a text that is not blank. A text of more than `maxLength` characters is cut, so that it fits into a stored item. The
   * cut may leave half a character, which is replaced.
   */
  text(value: unknown, maxLength = 200): string | null {
    return typeof value === 'string' && value.trim() !== '' ? value.slice(0, maxLength).toWellFormed() : null;
  },
};

/**
 * Checks whether the value of `logout` means that the session is dead (README, "What ends a session"). Every value means that,
 * except 0 (also as text), false, null and the empty text.
 */
export const isLogout = (logout: unknown): boolean =>
  logout !== undefined && logout !== null && logout !== false && logout !== 0 && logout !== '0' && logout !== '';

/** The longest text that can be a token, in characters. AimHarder's tokens have some 50. */
const MAX_TOKEN = 2_000;

/** Reads a token. @returns '' if the value is no text, or a blank one; undefined if the text is too long to be a token. */
export function readToken(value: unknown): string | undefined {
  // A text that is too long is cut one character above the limit, so that it is still recognised as too long.
  const token = Loose.text(value, MAX_TOKEN + 1) ?? '';
  return token.length > MAX_TOKEN ? undefined : token;
}

/*
 * The schemas named `…Wire` describe the parts of AimHarder's answers that this service reads.
 */

/** A field that may be absent or of any type. `Loose` reads it. */
export const Anything = z.optional(z.unknown());

/** A box of a member: its number, the address of its page, and its name. */
export const RoleWire = z.object({
  boid: Anything,
  centre_url: Anything,
  gym: Anything,
});

/** Makes a schema read a value of another form as null: PHP writes an empty object as `[]`, and a missing object as `false`. */
const lenient = <Schema extends z.core.SomeType>(schema: Schema) => z.catch(z.optional(z.nullable(schema)), null);

/**
 * Converts an object whose keys are numbers to a list: PHP writes such an object for a list from which elements were removed.
 * An empty object stays an object, because nothing shows that it was a list.
 */
function toList(value: unknown): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const keys = isObject ? Object.keys(value) : [];
  return isObject && keys.length > 0 && keys.every((key) => /^\d{1,9}$/.test(key)) ? Object.values(value) : value;
}

const List = z.pipe(z.transform(toList), z.array(z.unknown()));

const Roles = lenient(List);

export const LoginWire = z.object({
  data: lenient(
    z.object({
      userData: lenient(z.object({ roles: Roles })),
      auth: lenient(z.object({ authOK: Anything, refreshToken: Anything })),
    }),
  ),
  error: lenient(z.object({ message: Anything })),
});

/** Makes a list of the member, if AimHarder has sent the member itself instead of a list. */
const toMembers = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'id' in value ? [value] : toList(value);

export const WhoAmIWire = z.object({
  data: z.pipe(z.transform(toMembers), z.array(z.object({ id: z.unknown(), roles: Roles }))),
});

export const TokenUpdateWire = z.object({ newToken: Anything });

export const CancelWire = z.object({ cancelState: Anything, logout: Anything });

/** A day's timetable. */
export const ListingWire = z.object({ bookings: z.optional(List), logout: Anything });

/** A row of the timetable; README, "Rows", explains its fields. */
export const RowWire = z.object({
  id: z.unknown(),
  className: Anything,
  time: Anything,
  timeid: Anything,
  coachName: Anything,
  enabled: Anything,
  bookState: Anything,
  idres: Anything,
  limit: Anything,
  limitc: Anything,
  ocupation: Anything,
  waitlist: Anything,
  cancelledId: Anything,
  resadmin: Anything,
});

export const NextBookingsWire = z.object({
  nextClasses: z.array(z.unknown()),
  history: lenient(z.array(z.unknown())),
});

export const NextBookingWire = z.object({
  day: Anything,
  time: Anything,
  className: Anything,
  bookState: Anything,
  lateCancel: Anything,
});
