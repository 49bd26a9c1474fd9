import { findLearnedRule, type RuleHolder } from '../boxes/learned-rules.ts';
import { boxSettingsFrom, timezonesFrom } from '../boxes/settings.ts';
import { type Base, composeTable } from './base.ts';
import { composeBookings } from './bookings.ts';
import { composePrebookingList, composePrebookings, composeWatches } from './prebookings.ts';
import { composePlans } from './routines.ts';
import type { SessionBase } from './sessions.ts';
import { composeUpstream } from './upstream.ts';

/** Composes the dependencies for listing a box's classes as a member sees them. */
export const composeListClasses = (base: SessionBase) => ({
  ...composeUpstream(base),
  ...composePlans(base),
  ...composePromotions(base),
  prebookingList: composePrebookingList(base),
  findLearnedRule: composeFindLearnedRule(base),
  boxSettings: boxSettingsFrom(base.environment),
});

/** Composes the dependencies for listing what a member has booked. */
export const composeListBookings = (base: SessionBase) => ({
  ...composeUpstream(base),
  ...composePromotions(base),
  prebookingList: composePrebookingList(base),
  boxSettings: { timezones: timezonesFrom(base.environment) },
});

/** Composes the writes that record that a place on a waitlist has become a seat. */
const composePromotions = (base: Base) => ({
  prebookings: composePrebookings(base),
  bookings: composeBookings(base),
  watches: composeWatches(base),
});

const composeFindLearnedRule = (base: Base) => {
  const table = composeTable(base, 'PREBOOKINGS_TABLE');
  return (holder: RuleHolder) => findLearnedRule(table, holder);
};
