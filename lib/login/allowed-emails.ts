import type { Environment } from '../platform/environment.ts';

/** Checks whether a member may use this installation. @param email trimmed, lower-cased and in the form NFC, as in a login. */
export type IsInvited = (email: string) => boolean;

/**
 * How long the list may be, in characters. Lambda allows 4 kB for all variables of a function.
 *
 * Source: Lambda Developer Guide, "Lambda quotas".
 */
const MAX_LENGTH = 2_500;

const ADDRESS = /^[^\s@]+@[^\s@]+$/;
const DOMAIN = /^@[^\s@]+$/;

/**
 * Reads `ALLOWED_EMAILS`: e-mail addresses and domains, such as `ana@example.com, @gym.example`, separated by commas. A
 * domain does not include its subdomains. Without the variable everybody is invited.
 *
 * @throws Error if an entry is neither an address nor a domain, or if the list is too long.
 */
export function allowedEmailsFrom({ ALLOWED_EMAILS: text = '' }: Environment): IsInvited {
  if (text.length > MAX_LENGTH)
    throw new Error(
      `configuration: ALLOWED_EMAILS has more than ${MAX_LENGTH} characters. Name a domain instead of its addresses.`,
    );
  const entries = text
    .split(',')
    .map((entry) => entry.trim().toLowerCase().normalize('NFC'))
    .filter(Boolean);
  if (entries.some((entry) => !ADDRESS.test(entry) && !DOMAIN.test(entry)))
    throw new Error('configuration: ALLOWED_EMAILS must be e-mail addresses and domains such as @gym.example');
  if (entries.length === 0) return () => true;
  const allowed = new Set(entries);
  return (email) => allowed.has(email) || allowed.has(email.slice(email.lastIndexOf('@')));
}
