import * as z from 'zod/mini';
import { AnyId, DeviceFingerprint, Email, Password, printableText } from '../http/fields.ts';
import { pageFields } from '../http/paging.ts';

// What the session routes accept. Unknown fields are refused.

export const LoginBody = z.strictObject({
  email: Email,
  password: Password,
  fingerprint: z.optional(DeviceFingerprint),
  /** True keeps the password; false forgets a kept password; if the field is absent, this password replaces a kept one. */
  keepCredentials: z.optional(z.boolean({ error: 'true or false' })),
  deviceName: z.optional(printableText(64, 'a name of 1 to 64 characters')),
});

/** Accepts any fingerprint: a logout with an unknown or a background fingerprint ends no session. */
export const LogoutBody = z.strictObject({ fingerprint: z.optional(AnyId) });

/** What a cursor of the list of sessions contains: the last listed session. */
const SessionPosition = z.strictObject({ fingerprint: z.string().check(z.minLength(1), z.maxLength(256)) });

export const SessionsQuery = z.strictObject(pageFields(SessionPosition));

export const SessionPath = z.object({ fingerprint: AnyId });

export const EndSessionQuery = z.strictObject({
  confirmProtectedDeletion: z.optional(z.enum(['true', 'false'], { error: 'true or false' })),
});
