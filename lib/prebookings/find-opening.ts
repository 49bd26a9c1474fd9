import { UpstreamFailure } from '../aimharder/client.ts';
import type { MemberAtBox } from '../bookings/as-member.ts';
import { BookingRefused, type BookingResult, type ClassToBook } from '../bookings/book-class.ts';
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

/** When a class opens; or the place that the member got, because bookings were already open. */
export type OpeningOrPlace =
  | ({ readonly kind: 'opens' } & KnownOpening)
  | Exclude<BookingResult, { kind: 'too-early' }>;

/**
 * Finds when bookings for a class open to a member:
 *
 * 1. By the box's configured rule, or else by the rule that was learned for the member's tariff.
 * 2. If there is no such rule, or if its opening has passed, sends a booking request. The request books the class if bookings are
 *    already open. If AimHarder refuses it as too early, learns the rule in the refusal.
 * 3. If no rule is known, and AimHarder's answer does not show whether bookings are open, guesses the opening (`guessOpening`).
 *
 * @throws AppError too-early if AimHarder's refusal contains no rule with an opening in the future; AimHarder's reason if it
 *   refuses the booking for another reason; upstream-* if there is no usable answer and no guess.
 */
export async function findOpeningOrBook(
  deps: FindOpeningDeps,
  member: MemberAtBox,
  wanted: ListedClassRef & Pick<ClassToBook, 'answerBy'>,
  signal: AbortSignal,
): Promise<OpeningOrPlace> {
  const holder = ruleHolder(member.session.email, wanted);
  const rule = configuredRule(deps, wanted) ?? (await deps.learnedRules.find(holder));
  const known = computeFutureOpening(deps, rule, wanted);
  if (rule !== null && known !== null) return { kind: 'opens', at: known, rule };
  try {
    const answer = await bookWithPreference(deps, member, { ...wanted, isOrderedIfTooEarly: true }, signal);
    if (answer.kind !== 'too-early') return answer;
    return { kind: 'opens', ...(await learnOpening(deps, holder, wanted, answer.rule)) };
  } catch (error) {
    signal.throwIfAborted();
    const guess = rule === null && showsNoOpening(error) ? await guessOpening(deps, wanted) : null;
    if (guess === null) throw withAdvice(error);
    return { kind: 'opens', at: guess };
  }
}

/** Refusals whose reason may be gone when bookings open: credit is renewed, a receipt is paid, another booking is over. */
const TEMPORARY_REFUSALS: readonly string[] = ['no-credit', 'unpaid', 'booking-limit'];

/** Checks whether a refusal may be over when bookings open. Such a refusal does not show whether bookings are already open. */
export const isTemporaryRefusal = (refusal: string): boolean => TEMPORARY_REFUSALS.includes(refusal);

/** Checks whether the error of a booking request does not show whether bookings are already open. */
const showsNoOpening = (error: unknown): boolean =>
  error instanceof UpstreamFailure ||
  mayBeTooEarly(error) ||
  (error instanceof AppError && isTemporaryRefusal(error.code));

const mayBeTooEarly = (error: unknown): error is BookingRefused =>
  error instanceof BookingRefused && error.mayBeTooEarly;

/**
 * Guesses the opening of a class after AimHarder has refused a booking in unknown words, which may mean that it is too early.
 *
 * @throws the refusal if it means something else, or if there is no guess. In the second case its message advises the member to
 *   state the opening.
 */
export async function guessAfterRefusal(
  deps: FindOpeningDeps,
  wanted: WantedClass,
  refusal: unknown,
): Promise<Instant> {
  const guess = mayBeTooEarly(refusal) ? await guessOpening(deps, wanted) : null;
  if (guess === null) throw withAdvice(refusal);
  return guess;
}

/** Adds advice for the member to a refusal in unknown words, which may mean that bookings are not open yet. */
function withAdvice(error: unknown): unknown {
  if (!mayBeTooEarly(error)) return error;
  const { code, message, conclusion } = error;
  return new BookingRefused(
    code,
    `${message} If bookings are not open yet, set \`opensAt\` or \`opening\` yourself.`,
    conclusion,
    error.mayBeTooEarly,
  );
}

/**
 * Guesses when a class opens to a member whose own rule is unknown: by the longest rule of the box's members, because a shot
 * that is too early costs one refusal, and one that is too late loses the class.
 *
 * @returns null if no rule is known, or if the class is already open by that rule, or would open only after its start.
 */
async function guessOpening(deps: FindOpeningDeps, wanted: WantedClass): Promise<Instant | null> {
  const opensAt = computeFutureOpening(deps, await deps.learnedRules.findLongest(wanted.box), wanted);
  return opensAt !== null && opensAt < wanted.classStartsAt ? opensAt : null;
}

/**
 * Finds the opening of a class that AimHarder has just refused as too early: by the box's configured rule, or else by the rule in
 * the refusal, which is then stored for the holder. If neither rule gives an opening in the future, the holder's stored rule is
 * forgotten: by that rule the class should be open, and it is not.
 *
 * @param refusalRule null if the refusal contains no rule.
 * @throws AppError too-early if neither rule gives an opening in the future.
 */
export async function learnOpening(
  deps: Pick<FindOpeningDeps, 'learnedRules' | 'boxSettings' | 'clock'>,
  holder: RuleHolder,
  wanted: WantedClass,
  refusalRule: OpeningRule | null,
): Promise<KnownOpening> {
  const { learnedRules } = deps;
  const configured = configuredRule(deps, wanted);
  const at = computeFutureOpening(deps, configured, wanted);
  if (configured !== null && at !== null) return { at, rule: configured };
  const learned = computeFutureOpening(deps, refusalRule, wanted);
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

/** Returns the person whose tariff decides when the class opens. */
export const ruleHolder = (email: string, { box, familyId }: Pick<WantedClass, 'box' | 'familyId'>): RuleHolder => ({
  email,
  box,
  familyId,
});

/** Computes when a rule will open a class. @returns null without a rule, or if the class is already open by the rule. */
function computeFutureOpening(
  deps: Pick<FindOpeningDeps, 'boxSettings' | 'clock'>,
  rule: OpeningRule | null,
  wanted: WantedClass,
): Instant | null {
  const opensAt = rule && applyOpeningRule(deps, rule, wanted);
  return opensAt !== null && opensAt > deps.clock.now() ? opensAt : null;
}

/** Returns the opening rule that the operator has configured for a box; null if there is none. */
export const configuredRule = (
  { boxSettings }: Pick<FindOpeningDeps, 'boxSettings'>,
  { box }: Pick<WantedClass, 'box'>,
): OpeningRule | null => boxSettings.openings.get(box) ?? null;

/** Computes when a rule opens a class, in its box's time zone. */
export const applyOpeningRule = (
  { boxSettings }: { readonly boxSettings: Pick<BoxSettings, 'timezones'> },
  rule: OpeningRule,
  { box, day, classTime }: Pick<WantedClass, 'box' | 'day' | 'classTime'>,
): Instant => computeOpening({ day, time: classTime }, rule, timezoneOf(boxSettings, box));
