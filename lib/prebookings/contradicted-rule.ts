import type { LearnedRules, RuleHolder } from '../boxes/learned-rules.ts';
import type { BoxSettings } from '../boxes/settings.ts';
import { type Instant, MINUTE } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { applyOpeningRule } from './find-opening.ts';
import type { WantedClass } from './prebooking.ts';

type ForgetDeps = {
  readonly learnedRules: Pick<LearnedRules, 'find' | 'forget'>;
  readonly boxSettings: Pick<BoxSettings, 'timezones'>;
  readonly logger: Logger;
};

/**
 * A booking this long before the learned opening contradicts the rule, in milliseconds; less may come from our clock's
 * error.
 */
const CONTRADICTS = MINUTE;

/**
 * Forgets the learned rule of a tariff if AimHarder has taken a booking before the opening that the rule gives. The next
 * order asks AimHarder. A failure is only logged, because the booking is made.
 */
export async function forgetContradictedRule(
  deps: ForgetDeps,
  holder: RuleHolder,
  booked: Pick<WantedClass, 'box' | 'day' | 'classTime'>,
  bookedAt: Instant,
): Promise<void> {
  try {
    const rule = await deps.learnedRules.find(holder);
    if (rule && applyOpeningRule(deps, rule, booked) > bookedAt + CONTRADICTS) await deps.learnedRules.forget(holder);
  } catch (error) {
    deps.logger.error('unexpected-error', error, { during: 'forget-rule' });
  }
}
