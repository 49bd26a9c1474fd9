import { BoxStore } from '../boxes/box-store.ts';
import { LearnedRules } from '../boxes/learned-rules.ts';
import { type Base, composeTable } from './base.ts';

export const composeBoxes = (base: Base) => new BoxStore(composeTable(base, 'BOXES_TABLE'));

/**
 * Composes the store of learned rules. The table of pre-bookings holds the rules; the table of boxes holds each box's longest
 * rule.
 */
export const composeLearnedRules = (base: Base) =>
  new LearnedRules({ ...composeTable(base, 'PREBOOKINGS_TABLE'), boxes: composeBoxes(base) });
