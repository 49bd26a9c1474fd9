import * as z from 'zod/mini';
import { DeviceFingerprint, Email } from '../http/fields.ts';
import { pageFields } from '../http/paging.ts';

// What the session routes accept. Unknown fields are refused.

export const LoginBody = z.strictObject({
  email: Email,
  password: z
    .string({ error: 'a password' })
    .check(z.minLength(1, 'a password'), z.maxLength(256, 'a password of at most 256 characters')),
  fingerprint: z.optional(DeviceFingerprint),
  keepCredentials: z.optional(z.boolean({ error: 'true or false' })),
  deviceName: z.optional(
    z
      .string({ error: 'a name of 1 to 64 characters' })
      .check(z.trim(), z.minLength(1, 'a name of 1 to 64 characters'), z.maxLength(64, 'a name of 1 to 64 characters')),
  ),
});

/** Accepts any fingerprint: a logout with an unknown or a background fingerprint ends no session. */
export const LogoutBody = z.strictObject({
  fingerprint: z.optional(
    z.string({ error: 'a fingerprint' }).check(z.minLength(1, 'a fingerprint'), z.maxLength(64, 'a fingerprint')),
  ),
});

const SessionPosition = z.strictObject({ fingerprint: z.string().check(z.minLength(1), z.maxLength(256)) });

export const SessionsQuery = z.strictObject(pageFields(SessionPosition));

export const SessionPath = z.object({
  fingerprint: z.string().check(z.minLength(1), z.maxLength(64, 'a fingerprint')),
});

export const EndSessionQuery = z.strictObject({
  confirmProtectedDeletion: z.optional(z.enum(['true', 'false'], { error: 'true or false' })),
});
