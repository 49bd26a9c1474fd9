import type { MemberAtBox } from '../bookings/as-member.ts';
import { listOwnClasses } from '../bookings/classes.ts';
import type { RuleHolder } from '../boxes/learned-rules.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import type { BoxSettings } from '../boxes/settings.ts';
import { configuredRule, ruleHolder } from '../prebookings/find-opening.ts';
import type { PrebookingList } from '../prebookings/prebooking-list.ts';
import { type PromotionDeps, recordPromotionsOf } from '../prebookings/promotions.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import type { PlanStore } from '../routines/plan-store.ts';
import type { MemberClass } from './class-view.ts';
import { joinDay } from './join-day.ts';

export type ListClassesDeps = MemberUpstream &
  PromotionDeps & {
    readonly prebookingList: Pick<PrebookingList, 'read'>;
    readonly plans: Pick<PlanStore, 'find'>;
    /** Finds the opening rule that AimHarder has told a member, or one of their family. */
    readonly findLearnedRule: (holder: RuleHolder) => Promise<OpeningRule | null>;
    readonly boxSettings: BoxSettings;
  };

export type DaysOfBox = {
  readonly box: string;
  /** `YYYY-MM-DD` on the box's calendar, in order, at least one. */
  readonly days: readonly [string, ...string[]];
  readonly familyId?: string | undefined;
};

/** The most pre-bookings that are read: no member has so many in a week. */
const MOST_ORDERS = 1_000;

/**
 * Lists the classes of some days, each with its opening, the member's pre-booking of it, and the member's routine for it.
 * Also records the promotions that the timetable shows.
 *
 * @throws SessionDied if AimHarder has ended the session.
 */
export async function listMemberClasses(
  deps: ListClassesDeps,
  member: MemberAtBox,
  query: DaysOfBox,
  signal: AbortSignal,
): Promise<readonly MemberClass[]> {
  const { email } = member.session;
  const { box, days, familyId = null } = query;
  const holder = ruleHolder(email, { box, familyId });
  const configured = configuredRule(deps, { box });
  const readAt = deps.clock.now();
  const [listed, orders, { routines }, rule] = await Promise.all([
    listOwnClasses(deps, member, query, signal),
    deps.prebookingList.read(email, { from: days[0], to: days.at(-1) }, { limit: MOST_ORDERS, after: undefined }),
    deps.plans.find(email),
    configured ?? deps.findLearnedRule(holder),
  ]);
  for (const { day, classes } of listed)
    await recordPromotionsOf(deps, email, orders.items, { box, day, familyId, classes, readAt });
  return listed.flatMap((day) => joinDay(deps, { box, familyId, day, orders: orders.items, routines, rule }));
}
