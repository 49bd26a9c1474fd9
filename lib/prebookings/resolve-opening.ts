import type { MemberAtBox } from '../bookings/as-member.ts';
import { type BookingResult, bookAtOnce } from '../bookings/book-class.ts';
import type { BoxStore } from '../boxes/box-store.ts';
import { computeOpening } from '../boxes/opening.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { type BoxSettings, timezoneOf } from '../boxes/settings.ts';
import type { Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import type { ListedClassRef, WantedClass } from './prebooking.ts';

export type ResolveOpeningDeps = MemberUpstream & { readonly boxes: BoxStore; readonly boxSettings: BoxSettings };

export type Opening = { readonly kind: 'opens'; readonly at: Instant } | Exclude<BookingResult, { kind: 'too-early' }>;

/**
 * Resolves when bookings for a class open: by the box's configured or learned rule, or else by a booking request. The
 * request books the class if bookings are open already. If AimHarder refuses it as too early, the box's rule is learned.
 *
 * @throws AppError too-early when AimHarder does not tell the opening; AimHarder's reason when it refuses for another one.
 */
export async function resolveOpening(
  deps: ResolveOpeningDeps,
  member: MemberAtBox,
  wanted: ListedClassRef,
  signal: AbortSignal,
): Promise<Opening> {
  const rule = configuredRule(deps, wanted) ?? (await deps.boxes.get(wanted.box)).openingRule;
  const opensAt = rule && applyOpeningRule(deps, rule, wanted);
  if (opensAt !== null && opensAt > deps.clock.now()) return { kind: 'opens', at: opensAt };
  const answer = await bookAtOnce(deps, member, wanted, signal);
  if (answer.kind !== 'too-early') return answer;
  return { kind: 'opens', at: await learnOpening(deps, wanted, answer.rule) };
}

/**
 * Learns the opening of a class that AimHarder has just refused as too early. The box's configured rule comes first, then
 * the rule that the refusal tells, which is stored for the box.
 *
 * @param refusalRule null when the refusal tells none.
 * @throws AppError too-early when neither rule gives an opening in the future.
 */
export async function learnOpening(
  deps: Pick<ResolveOpeningDeps, 'boxes' | 'boxSettings' | 'clock'>,
  wanted: WantedClass,
  refusalRule: OpeningRule | null,
): Promise<Instant> {
  const { boxes, clock } = deps;
  const futureOpening = (rule: OpeningRule | null) => {
    const opensAt = rule && applyOpeningRule(deps, rule, wanted);
    return opensAt !== null && opensAt > clock.now() ? opensAt : null;
  };
  const configured = futureOpening(configuredRule(deps, wanted));
  if (configured !== null) return configured;
  const learned = futureOpening(refusalRule);
  if (refusalRule === null || learned === null) {
    await boxes.forgetRule(wanted.box);
    throw new AppError(
      'too-early',
      'Bookings are not open yet, and AimHarder does not say when they open. Set `opensAt` or `opening` yourself.',
    );
  }
  await boxes.learnRule(wanted.box, refusalRule);
  return learned;
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
