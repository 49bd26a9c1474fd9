import * as z from 'zod/mini';

/** AimHarder's types drift: a number comes as text, 0/1 as text, a null where there was a value (README, "Types drift"). */
export const Loose = {
  /** A whole number, or text that is one. `null` for anything else, null and booleans included: they are not 0 or 1. */
  integer(value: unknown): number | null {
    if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null;
    if (typeof value !== 'string' || !/^\s*-?\d{1,15}\s*$/.test(value)) return null;
    return Number(value);
  },
  /** An id: digits, as number or text. */
  id(value: unknown): string | null {
    const id = Loose.integer(value);
    return id === null || id <= 0 ? null : String(id);
  },
  text(value: unknown): string | null {
    return typeof value === 'string' && value.trim() !== '' ? value : null;
  },
};

/**
 * `{"logout":1}`, in any form but a literal 0 or nothing, is the one sign of a dead session
 * (README, "What ends a session").
 */
export const isLogout = (logout: unknown): boolean =>
  logout !== undefined && logout !== null && logout !== false && logout !== 0 && logout !== '0' && logout !== '';

/** The body as JSON, whatever its content type says (AimHarder's own page parses it as text). */
export function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

export const Role = z.object({
  boid: z.optional(z.unknown()),
  centre_url: z.optional(z.unknown()),
  gym: z.optional(z.unknown()),
});

/** What is not of the form expected counts as absent: PHP writes an empty object as `[]`, and a missing one as `false`. */
const ifFitting = <Schema extends z.core.SomeType>(schema: Schema) => z.catch(z.optional(z.nullable(schema)), null);

const Roles = ifFitting(z.array(z.unknown()));

export const LoginWire = z.object({
  data: ifFitting(
    z.object({
      userData: ifFitting(z.object({ roles: Roles })),
      auth: ifFitting(z.object({ authOK: z.optional(z.unknown()), refreshToken: z.optional(z.unknown()) })),
    }),
  ),
  error: ifFitting(z.object({ message: z.optional(z.unknown()) })),
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
