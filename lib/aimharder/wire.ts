import * as z from 'zod/mini';

/**
 * Reads values whose types drift: a number or a 0/1 comes as text, or null replaces a value (README, "Types drift"). Each
 * returns null for what it cannot read.
 */
export const Loose = {
  /** Reads a whole number, or text that is one. Null and booleans are neither 0 nor 1. */
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
  /** Reads a text that is not blank. */
  text(value: unknown): string | null {
    return typeof value === 'string' && value.trim() !== '' ? value : null;
  },
};

/**
 * Whether the value of `logout` says that the session is dead (README, "What ends a session"): any value but 0, false or
 * nothing does.
 */
export const isLogout = (logout: unknown): boolean =>
  logout !== undefined && logout !== null && logout !== false && logout !== 0 && logout !== '0' && logout !== '';

export const Role = z.object({
  boid: z.optional(z.unknown()),
  centre_url: z.optional(z.unknown()),
  gym: z.optional(z.unknown()),
});

/** Reads a value of another form as absent: PHP writes an empty object as `[]`, and a missing one as `false`. */
const lenient = <Schema extends z.core.SomeType>(schema: Schema) => z.catch(z.optional(z.nullable(schema)), null);

const Roles = lenient(z.array(z.unknown()));

export const LoginWire = z.object({
  data: lenient(
    z.object({
      userData: lenient(z.object({ roles: Roles })),
      auth: lenient(z.object({ authOK: z.optional(z.unknown()), refreshToken: z.optional(z.unknown()) })),
    }),
  ),
  error: lenient(z.object({ message: z.optional(z.unknown()) })),
});

export const WhoAmIWire = z.object({ data: z.array(z.object({ id: z.unknown(), roles: Roles })) });

export const TokenUpdateWire = z.object({ newToken: z.optional(z.unknown()), logout: z.optional(z.unknown()) });

export const CancelWire = z.object({ cancelState: z.optional(z.unknown()), logout: z.optional(z.unknown()) });

export const ListingWire = z.object({ bookings: z.optional(z.array(z.unknown())), logout: z.optional(z.unknown()) });

export const RowWire = z.object({
  id: z.unknown(),
  className: z.optional(z.unknown()),
  time: z.optional(z.unknown()),
  timeid: z.optional(z.unknown()),
  coachName: z.optional(z.unknown()),
  enabled: z.optional(z.unknown()),
  bookState: z.optional(z.unknown()),
  idres: z.optional(z.unknown()),
  limit: z.optional(z.unknown()),
  limitc: z.optional(z.unknown()),
  ocupation: z.optional(z.unknown()),
  waitlist: z.optional(z.unknown()),
  cancelledId: z.optional(z.unknown()),
  resadmin: z.optional(z.unknown()),
});
