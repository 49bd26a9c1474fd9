/**
 * Headers of every answer. Browsers then use https alone for a year, and do not guess a content type. Over http they ignore
 * `strict-transport-security`.
 *
 * Source: RFC 6797; WHATWG Fetch, "X-Content-Type-Options".
 */
export const SECURITY_HEADERS = {
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
} as const;
