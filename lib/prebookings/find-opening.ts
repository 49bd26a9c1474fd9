import { UpstreamFailure } from '../aimharder/client.ts';
import type { MemberAtBox } from '../bookings/as-member.ts';
import type { BookingResult } from '../bookings/book-class.ts';
import { bookWithPreference } from '../bookings/book-with-preference.ts';
import type { LearnedRules, RuleHolder } from '../boxes/learned-rules.ts';
import { computeOpening } from '../boxes/opening.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { type BoxSettings, timezoneOf } from '../boxes/settings.ts';
import type { Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import type { ListedClassRef, WantedClass } from './prebooking.ts';

export type FindOpeningDeps = MemberUpstream & {
  readonly learnedRules: LearnedRules;
  readonly boxSettings: BoxSettings;
};

/** When a class opens, and by which rule; a guessed opening has none. */
type KnownOpening = { readonly at: Instant; readonly rule?: OpeningRule };

/** When a class opens; or the place that the member got, because the class was open already. */
export type OpeningOrPlace =
  | ({ readonly kind: 'opens' } & KnownOpening)
  | Exclude<BookingResult, { kind: 'too-early' }>;

/**
 * Resolves when bookings for a class open to a member: by the box's configured rule or the rule learned for the member's
 * tariff, or else by a booking request. The request books the class if bookings are open already. If AimHarder refuses it as
 * too early, the rule is learned. If AimHarder's answer tells nothing of the opening, the longest rule of the box's members
 * serves as a guess, provided that the class opens later by it.
 *
 * @throws AppError too-early when AimHarder does not tell the opening; AimHarder's reason when it refuses the booking for
 *   another reason; upstream-* when there is no usable answer and no guess.
 */
export async function findOpeningOrBook(
  deps: FindOpeningDeps,
  member: MemberAtBox,
  wanted: ListedClassRef,
  signal: AbortSignal,
): Promise<OpeningOrPlace> {
  const holder = ruleHolder(member.session.email, wanted);
  const rule = configuredRule(deps, wanted) ?? (await deps.learnedRules.find(holder));
  const known = openingAhead(deps, rule, wanted);
  if (rule !== null && known !== null) return { kind: 'opens', at: known, rule };
  try {
    const answer = await bookWithPreference(deps, member, wanted, signal);
    if (answer.kind !== 'too-early') return answer;
    return { kind: 'opens', ...(await learnOpening(deps, holder, wanted, answer.rule)) };
  } catch (error) {
    signal.throwIfAborted();
    const guess = rule === null && tellsNoOpening(error) ? await guessOpening(deps, wanted) : null;
    if (guess === null) throw error;
    return { kind: 'opens', at: guess };
  }
}

/** Refusals that may be over when bookings open: the month's credit is renewed, a receipt is paid. */
const PASSING: readonly string[] = ['no-credit', 'unpaid', 'booking-limit'];

/** Tells whether a refusal may be over when bookings open. Such a refusal does not tell whether they are open already. */
export const isPassing = (refusal: string): boolean => PASSING.includes(refusal);

const tellsNoOpening = (error: unknown): boolean =>
  error instanceof UpstreamFailure || (error instanceof AppError && isPassing(error.code));

/**
 * Guesses when a class opens to a member whose own rule is unknown: by the longest rule of the box's members, because a shot
 * that is too early costs one refusal, and one that is too late loses the class.
 *
 * @returns null if no rule is known, or if by it the class is open already.
 */
async function guessOpening(deps: FindOpeningDeps, wanted: WantedClass): Promise<Instant | null> {
  const opensAt = openingAhead(deps, await deps.learnedRules.findLongest(wanted.box), wanted);
  return opensAt !== null && opensAt < wanted.classStartsAt ? opensAt : null;
}

/**
 * Learns the opening of a class that AimHarder has just refused as too early. The box's configured rule comes first, then
 * the rule that the refusal tells, which is stored for its holder.
 *
 * @param refusalRule null when the refusal tells no rule. Then the holder's stored rule is forgotten, because the class
 * should be
 *   open by it and is not.
 * @throws AppError too-early when neither rule gives an opening in the future.
 */
export async function learnOpening(
  deps: Pick<FindOpeningDeps, 'learnedRules' | 'boxSettings' | 'clock'>,
  holder: RuleHolder,
  wanted: WantedClass,
  refusalRule: OpeningRule | null,
): Promise<KnownOpening> {
  const { learnedRules } = deps;
  const configured = configuredRule(deps, wanted);
  const at = openingAhead(deps, configured, wanted);
  if (configured !== null && at !== null) return { at, rule: configured };
  const learned = openingAhead(deps, refusalRule, wanted);
  if (refusalRule === null || learned === null) {
    await learnedRules.forget(holder);
    throw new AppError(
      'too-early',
      'Bookings are not open yet, and AimHarder does not say when they open. Set `opensAt` or `opening` yourself.',
    );
  }
  await learnedRules.learn(holder, refusalRule);
  return { at: learned, rule: refusalRule };
}

/** Names whose tariff opens a class. */
export const ruleHolder = (email: string, { box, familyId }: Pick<WantedClass, 'box' | 'familyId'>): RuleHolder => ({
  ...{ email, box, familyId },
});

/** @returns null without a rule, or if by the rule the class is open already. */
function openingAhead(
  deps: Pick<FindOpeningDeps, 'boxSettings' | 'clock'>,
  rule: OpeningRule | null,
  wanted: WantedClass,
): Instant | null {
  const opensAt = rule && applyOpeningRule(deps, rule, wanted);
  return opensAt !== null && opensAt > deps.clock.now() ? opensAt : null;
}

type Settings = { readonly boxSettings: BoxSettings };

export const configuredRule = ({ boxSettings }: Settings, { box }: Pick<WantedClass, 'box'>): OpeningRule | null =>
  boxSettings.openings.get(box) ?? null;

/** Computes when a rule opens a class, in its box's time zone. */
export const applyOpeningRule = (
  { boxSettings }: { readonly boxSettings: Pick<BoxSettings, 'timezones'> },
  rule: OpeningRule,
  { box, day, classTime }: Pick<WantedClass, 'box' | 'day' | 'classTime'>,
): Instant => computeOpening({ day, time: classTime }, rule, timezoneOf(boxSettings, box));
