import * as z from 'zod/mini';

/**
 * Decodes an instant, which a table holds as ISO 8601 text, into epoch milliseconds. Refuses a text that is no instant: it
 * would become NaN, and every comparison with NaN is false.
 */
export const StoredInstant = z
  .pipe(
    z.string(),
    z.transform((iso: string) => Date.parse(iso)),
  )
  .check(z.refine((instant: number) => Number.isFinite(instant), 'an instant'));

/** Decodes an optional instant. An absent one becomes null. A stored null is refused: no optional instant is written as null. */
export const OptionalInstant = z.pipe(
  z.optional(StoredInstant),
  z.transform((instant: number | undefined) => instant ?? null),
);

/** Decodes an optional text. An absent one becomes null, and a stored null stays null: some texts are written as null. */
export const OptionalText = z.pipe(
  z.optional(z.nullable(z.string())),
  z.transform((text: string | null | undefined) => text ?? null),
);

/** Decodes a string set. `z.set` would add 0.7 kB to the bundle of every function that decodes one. */
export const StoredTextSet = z.custom<ReadonlySet<string>>(
  (value) => value instanceof Set && [...value].every((text) => typeof text === 'string'),
  'a set of texts',
);

/**
 * Gets the error of an item that cannot be decoded, and the item as it is stored. A list then leaves the item out, unless this
 * function throws.
 */
export type OnUnreadable = (error: unknown, item: unknown) => void;

export const throwUnreadable: OnUnreadable = (error) => {
  throw error;
};

/** Decodes an item. @returns undefined for an item that cannot be decoded. */
export function decodeReadable<T>(
  item: unknown,
  decode: (item: unknown) => T,
  onUnreadable: OnUnreadable,
): T | undefined {
  try {
    return decode(item);
  } catch (error) {
    onUnreadable(error, item);
    return undefined;
  }
}
