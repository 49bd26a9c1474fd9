import * as z from 'zod/mini';
import { parseJson } from '../platform/json.ts';
import { integerInQuery } from './fields.ts';

/** How many items a page has, by default and at most. */
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;

/** A position in base64url. It contains a date and an id at most. */
const CURSOR = /^[\w-]{1,1024}$/;

const CURSOR_EXPECTED = 'the nextCursor of an earlier answer of this list';

const Limit = integerInQuery(1, MAX_LIMIT);

/**
 * Builds the query fields of a list.
 *
 * @param position decodes the position of an item in the list. A position names no member: a list is always the
 *   caller's own.
 */
export const pageFields = <Position>(position: z.ZodMiniType<Position>) => ({
  limit: z._default(Limit, DEFAULT_LIMIT),
  cursor: z.optional(cursorField(position)),
});

/** Decodes the cursor of a request into a position. A cursor is opaque to clients, so a client may send any text. */
const cursorField = <Position>(position: z.ZodMiniType<Position>) =>
  z.pipe(
    z.string({ error: CURSOR_EXPECTED }).check(z.regex(CURSOR, { error: CURSOR_EXPECTED, abort: true })),
    z.transform((cursor: string, context): Position => {
      const decoded = position.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')));
      if (decoded.success) return decoded.data;
      context.issues.push({ code: 'custom', message: CURSOR_EXPECTED, input: undefined });
      return z.NEVER;
    }),
  );

/** Encodes a position as the `nextCursor` of an answer; null at the end of the list. */
export const nextCursor = (position: object | null): string | null =>
  position && Buffer.from(JSON.stringify(position)).toString('base64url');
