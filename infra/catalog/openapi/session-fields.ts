import type { FieldDescription } from './special-fields.ts';

/** The fields of logins and sessions. */
export const SESSION_FIELDS: Readonly<Record<string, FieldDescription>> = {
  accessToken: { description: 'The bearer token of this login. Keep it secret.', example: 'otd_WyJkZW1v…' },
  backgroundSession: {
    description:
      'The session that books for the member, also after a logout. Null if it could not be made; `warnings` says why.',
  },
  confirmProtectedDeletion: {
    description:
      'Confirms that the background session, which books, is to end. Needs a login within the last 10 minutes.',
    example: 'true',
  },
  current: { description: 'Whether this is the session of the access token.', example: true },
  deviceName: {
    description: 'What the member calls this device. Null for the background session.',
    example: 'My terminal',
  },
  fingerprint: {
    description:
      'Names a session. A device’s client chooses it once, and sends the same one at every login. Not secret.',
    example: 'my-terminal',
  },
  keepCredentials: {
    description:
      'Keeps the password, encrypted, to log in again should AimHarder end the background session. False forgets a kept one. Without this field, none is kept, but one that is kept already is replaced by this login’s.',
    example: false,
  },
  password: {
    description: 'The password at AimHarder. It is used for this login only, unless it is kept (`keepCredentials`).',
    example: 'demo-password',
    schema: { format: 'password' },
  },
  protected: {
    description: 'Whether deleting the session needs `confirmProtectedDeletion`: true for the background session.',
    example: false,
  },
  session: { description: 'The session of this device.' },
  sessions: { description: 'The sessions of this page, by fingerprint.' },
  sessionType: { description: 'The member’s own device, or the background session that books.', example: 'device' },
  tokenType: { description: 'How to send the token: `Authorization: Bearer …`.', example: 'Bearer' },
  tokenUpdateCount: { description: 'How often AimHarder has renewed the session.', example: 3 },
  warnings: { description: 'What the login could not do, although it succeeded.' },
};
