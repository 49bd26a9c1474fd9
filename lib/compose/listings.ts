import { findLearnedRule, type RuleHolder } from '../boxes/learned-rules.ts';
import { boxSettingsFrom } from '../boxes/settings.ts';
import { type Base, composeTable } from './base.ts';
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

const composeFindLearnedRule = (base: Base) => {
  const table = composeTable(base, 'PREBOOKINGS_TABLE');
  return (holder: RuleHolder) => findLearnedRule(table, holder);
};
