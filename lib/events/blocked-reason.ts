import * as z from 'zod/mini';

/** Reasons why a routine cannot book one of its dates. Only the member or the box can remove them, so members are told of them. */
export const BlockedReason = z.enum([
  'class-not-found',
  'class-ambiguous',
  'class-cancelled',
  'class-moved',
  'opening-unknown',
  'prebooking-limit',
  'box-not-found',
]);

export type BlockedReason = z.output<typeof BlockedReason>;
