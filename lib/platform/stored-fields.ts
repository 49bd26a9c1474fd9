import * as z from 'zod/mini';

export const StoredInstant = z
  .pipe(
    z.string(),
    z.transform((iso: string) => Date.parse(iso)),
  )
  .check(z.refine((instant: number) => Number.isFinite(instant), 'an instant'));

export const OptionalInstant = z.pipe(
  z.optional(StoredInstant),
  z.transform((instant: number | undefined) => instant ?? null),
);

export const OptionalText = z.pipe(
  z.optional(z.nullable(z.string())),
  z.transform((text: string | null | undefined) => text ?? null),
);
