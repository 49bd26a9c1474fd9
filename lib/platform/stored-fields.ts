import * as z from 'zod/mini';

/**
 * Decodes an instant of a table, ISO 8601 text, into epoch milliseconds. Text that is no date is refused, because every
 * comparison with its NaN would quietly be false.
 */
export const StoredInstant = z
  .pipe(
    z.string(),
    z.transform((iso: string) => Date.parse(iso)),
  )
  .check(z.refine((instant: number) => Number.isFinite(instant), 'an instant'));

/** Decodes an instant that the item may lack: null without it. */
export const OptionalInstant = z.pipe(
  z.optional(StoredInstant),
  z.transform((instant: number | undefined) => instant ?? null),
);

/** Decodes a text that the item may lack or hold as null: null without it. */
export const OptionalText = z.pipe(
  z.optional(z.nullable(z.string())),
  z.transform((text: string | null | undefined) => text ?? null),
);

/** Decodes a string set. It is not `z.set`, which would make the bundle of every function that decodes one 0.7 kB larger. */
export const StoredTextSet = z.custom<ReadonlySet<string>>(
  (value) => value instanceof Set && [...value].every((text) => typeof text === 'string'),
  'a set of texts',
);
