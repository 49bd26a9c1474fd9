import * as z from 'zod/mini';
import { parseJson } from '../platform/json.ts';

/** What a list answers when nothing is said, and at most. */
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
 * The query fields of every list.
 *
 * @param position of an item in the list, without whose list it is: that is always the caller's own.
 */
export const pageFields = <Position>(position: z.ZodMiniType<Position>) => ({
  limit: z._default(Limit, DEFAULT_LIMIT),
  cursor: z.optional(cursorFor(position)),
});

/** A position as clients hand it back: opaque to them, decoded by its schema before it is used. */
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

/** A list's `nextCursor`: null at its end. */
export const nextCursor = (position: object | null): string | null =>
  position && Buffer.from(JSON.stringify(position)).toString('base64url');
