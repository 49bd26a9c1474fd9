import * as z from 'zod/mini';
import { parseJson } from '../platform/json.ts';

/** Items of a page: by default, and at most. */
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;

const A_LIMIT = `a whole number from 1 to ${MAX_LIMIT}`;
const A_CURSOR = 'the nextCursor of an earlier answer of this list';

const Limit = z.pipe(
  z
    .string({ error: A_LIMIT })
    .check(z.refine((text: string) => /^[1-9]\d{0,3}$/.test(text) && Number(text) <= MAX_LIMIT, A_LIMIT)),
  z.transform(Number),
);

/**
 * Builds the query fields of a list.
 *
 * @param position decodes the position of an item in the list. It never names the list: that is always the caller's own.
 */
export const pageFields = <Position>(position: z.ZodMiniType<Position>) => ({
  limit: z._default(Limit, DEFAULT_LIMIT),
  cursor: z.optional(cursorFor(position)),
});

/** Decodes the position that a client hands back. It is opaque to clients, so a client may send anything. */
const cursorFor = <Position>(position: z.ZodMiniType<Position>) =>
  z.pipe(
    z.string({ error: A_CURSOR }),
    z.transform((cursor: string, context): Position => {
      const decoded = position.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')));
      if (decoded.success) return decoded.data;
      context.issues.push({ code: 'custom', message: A_CURSOR, input: undefined });
      return z.NEVER;
    }),
  );

/** Encodes a list's `nextCursor`: null at the end of the list. */
export const nextCursor = (position: object | null): string | null =>
  position && Buffer.from(JSON.stringify(position)).toString('base64url');
