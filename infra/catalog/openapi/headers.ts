import type { Json } from './json-schemas.ts';

/** The headers that answers have besides their content type, by name. */
export const HEADERS: Readonly<Record<string, Json>> = {
  ETag: {
    description:
      'Identifies this state of the answer. Send it as `If-None-Match` to get 304 while nothing has changed.',
    schema: { type: 'string', examples: ['"2jmj7l5rSw0yVb-vlWAYkK_YBwk"'] },
  },
  Location: {
    description: 'Where the item is: a path of this API.',
    schema: { type: 'string', format: 'uri-reference', examples: ['/v1/prebookings/0b6a1f4c2d3e495867a8b9c0d1e2f304'] },
  },
  'Retry-After': {
    description: 'After how many seconds to try again. Absent if that is unknown.',
    schema: { type: 'integer', minimum: 0, examples: [30] },
  },
  'WWW-Authenticate': {
    description: 'How to authenticate (RFC 9110): with a bearer token, which a login returns.',
    schema: { type: 'string', examples: ['Bearer'] },
  },
};

/** The headers of a problem, by its status. */
export const PROBLEM_HEADERS: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  409: ['Retry-After'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

/** Refers to headers by their names. */
export const referToHeaders = (names: readonly string[]): Json =>
  names.length === 0
    ? {}
    : { headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])) };
