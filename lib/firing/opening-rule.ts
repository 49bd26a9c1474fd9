import type { LearnedRules } from '../boxes/learned-rules.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import type { BoxSettings } from '../boxes/settings.ts';
import type { Logger } from '../platform/logger.ts';
import { forgetContradictedRule } from '../prebookings/contradicted-rule.ts';
import { ruleHolder } from '../prebookings/find-opening.ts';
import type { Finished, Unfinished } from '../prebookings/prebooking.ts';

type LearnDeps = {
  readonly learnedRules: LearnedRules;
  readonly boxSettings: Pick<BoxSettings, 'timezones'>;
  readonly logger: Logger;
};

/** Learns the rule that a refusal as too early names. If the refusal names none, forgets the known rule, which it contradicts. */
export async function learnOpeningRule(
  { learnedRules, logger }: LearnDeps,
  prebooking: Unfinished,
  rule: OpeningRule | null,
): Promise<void> {
  const holder = ruleHolder(prebooking.email, prebooking);
  await logFailure(logger, prebooking, rule ? learnedRules.learn(holder, rule) : learnedRules.forget(holder));
}

/**
 * Forgets the learned rule if a finished firing contradicts the rule: AimHarder accepted the booking before the rule's opening.
 * Also forgets the rule if the class was full at its opening, because the class may have opened earlier. The next order then asks
 * AimHarder.
 */
export async function forgetRuleIfContradicted(deps: LearnDeps, finished: Finished): Promise<void> {
  const { outcome, firedAt } = finished.result;
  const holder = ruleHolder(finished.email, finished);
  if (outcome === 'class-full' || outcome === 'waitlisted')
    await logFailure(deps.logger, finished, deps.learnedRules.forget(holder));
  if (outcome === 'booked' && firedAt !== null) await forgetContradictedRule(deps, holder, finished, firedAt);
}

/** Awaits a write of the rules, and only logs a failure: the rule is no part of the firing's result. */
const logFailure = (logger: Logger, { id }: { readonly id: string }, write: Promise<void>): Promise<void> =>
  write.catch((error: unknown) => logger.error('unexpected-error', error, { during: 'learn-rule', prebooking: id }));
