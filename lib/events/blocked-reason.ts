import * as z from 'zod/mini';

/** Why a routine cannot book one of its dates, if the member or the box has to solve it. Members are told of these. */
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
