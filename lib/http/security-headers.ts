/**
 * Headers of every answer. Browsers then use https alone for a year, and do not guess a content type (they ignore the first
 * header of an answer that came over http).
 *
 * Source: RFC 6797; WHATWG Fetch, "X-Content-Type-Options".
 */
export const SECURITY_HEADERS = {
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
} as const;
