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
 * How long before the learned opening a booking must have been accepted to contradict the rule, in milliseconds. A smaller
 * difference may be an error of our clock.
 */
const CONTRADICTION_MARGIN = MINUTE;

/**
 * Forgets a holder's learned rule if AimHarder has accepted a booking before the rule's opening. The next order then asks
 * AimHarder again. A failure is only logged, because the booking has been made.
 *
 * @param booked the class that was booked.
 */
export async function forgetContradictedRule(
  deps: ForgetDeps,
  holder: RuleHolder,
  booked: Pick<WantedClass, 'box' | 'day' | 'classTime'>,
  bookedAt: Instant,
): Promise<void> {
  try {
    const rule = await deps.learnedRules.find(holder);
    if (rule && applyOpeningRule(deps, rule, booked) > bookedAt + CONTRADICTION_MARGIN)
      await deps.learnedRules.forget(holder);
  } catch (error) {
    deps.logger.error('unexpected-error', error, { during: 'forget-rule' });
  }
}
