import { BoxStore } from '../boxes/box-store.ts';
import { LearnedRules } from '../boxes/learned-rules.ts';
import { type Base, composeTable } from './base.ts';

export const composeBoxes = (base: Base) => new BoxStore(composeTable(base, 'BOXES_TABLE'));

/** Learned rules lie in the table of pre-bookings, and each box's longest rule in the table of boxes. */
export const composeLearnedRules = (base: Base) =>
  new LearnedRules({ ...composeTable(base, 'PREBOOKINGS_TABLE'), boxes: composeBoxes(base) });
