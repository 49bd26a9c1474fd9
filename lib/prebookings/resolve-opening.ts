import type { MemberAtBox } from '../bookings/as-member.ts';
import { type BookingResult, bookAtOnce } from '../bookings/book-class.ts';
import type { BoxStore } from '../boxes/box-store.ts';
import { opensAt } from '../boxes/opening.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { type BoxSettings, timezoneOf } from '../boxes/settings.ts';
import type { Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import type { ListedClassRef, WantedClass } from './prebooking.ts';

export type ResolveOpeningDeps = MemberUpstream & { readonly boxes: BoxStore; readonly boxSettings: BoxSettings };

export type Opening = { readonly kind: 'opens'; readonly at: Instant } | Exclude<BookingResult, { kind: 'too-early' }>;

/**
 * When bookings open for a class: by the box's configured or learned rule, else by asking AimHarder, which books at once
 * when they are open already. What a refusal tells is remembered for the box.
 *
 * @throws AppError too-early when AimHarder does not say when; the reason when it refuses for another one.
 */
export async function resolveOpening(
  deps: ResolveOpeningDeps,
  member: MemberAtBox,
  wanted: ListedClassRef,
  signal: AbortSignal,
): Promise<Opening> {
  const rule = configuredRule(deps, wanted) ?? (await deps.boxes.get(wanted.box)).openingRule;
  const at = rule && openingByRule(deps, rule, wanted);
  if (at !== null && at > deps.clock.now()) return { kind: 'opens', at };
  const answer = await bookAtOnce(deps, member, wanted, signal);
  if (answer.kind !== 'too-early') return answer;
  return { kind: 'opens', at: await learnOpening(deps, wanted, answer.rule) };
}

/**
 * The opening of a class that AimHarder has just refused as too early: by the box's configured rule, else by what the
 * refusal told, which is remembered. @throws AppError too-early when neither tells one to come.
 */
export async function learnOpening(
  deps: Pick<ResolveOpeningDeps, 'boxes' | 'boxSettings' | 'clock'>,
  wanted: WantedClass,
  told: OpeningRule | null,
): Promise<Instant> {
  const { boxes, clock } = deps;
  const toCome = (rule: OpeningRule | null) => {
    const at = rule && openingByRule(deps, rule, wanted);
    return at !== null && at > clock.now() ? at : null;
  };
  const configured = toCome(configuredRule(deps, wanted));
  if (configured !== null) return configured;
  const at = toCome(told);
  if (told === null || at === null) {
    await boxes.forgetRule(wanted.box);
    throw new AppError(
      'too-early',
      'Bookings are not open yet, and AimHarder does not say when they will be. Give opensAt or opening.',
    );
  }
  await boxes.learnRule(wanted.box, told);
  return at;
}

type Settings = { readonly boxSettings: BoxSettings };

export const configuredRule = ({ boxSettings }: Settings, { box }: Pick<WantedClass, 'box'>): OpeningRule | null =>
  boxSettings.openings.get(box) ?? null;

/** When a rule opens a class, on its box's clock. */
export const openingByRule = (
  { boxSettings }: { readonly boxSettings: Pick<BoxSettings, 'timezones'> },
  rule: OpeningRule,
  { box, day, classTime }: Pick<WantedClass, 'box' | 'day' | 'classTime'>,
): Instant => opensAt({ day, time: classTime }, rule, timezoneOf(boxSettings, box));
