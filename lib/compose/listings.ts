import { findLearnedRule, type RuleHolder } from '../boxes/learned-rules.ts';
import { boxSettingsFrom, timezonesFrom } from '../boxes/settings.ts';
import { type Base, composeTable } from './base.ts';
import { composeBookings } from './bookings.ts';
import { composePrebookingList } from './prebookings.ts';
import { composePlans } from './routines.ts';
import type { SessionBase } from './sessions.ts';
import { composeUpstream } from './upstream.ts';

/** Composes the dependencies for listing a box's classes as a member sees them. */
export const composeListClasses = (base: SessionBase) => ({
  ...composeUpstream(base),
  ...composePlans(base),
  prebookingList: composePrebookingList(base),
  findLearnedRule: composeFindLearnedRule(base),
  boxSettings: boxSettingsFrom(base.environment),
});

/** Composes the dependencies for listing what a member has booked. */
export const composeListBookings = (base: SessionBase) => ({
  ...composeUpstream(base),
  prebookingList: composePrebookingList(base),
  bookings: composeBookings(base),
  boxSettings: { timezones: timezonesFrom(base.environment) },
});

const composeFindLearnedRule = (base: Base) => {
  const table = composeTable(base, 'PREBOOKINGS_TABLE');
  return (holder: RuleHolder) => findLearnedRule(table, holder);
};
