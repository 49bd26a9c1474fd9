import { type Booked, bookNow } from '../bookings/book-class.ts';
import type { MemberAtBox } from '../bookings/classes.ts';
import type { BoxStore } from '../boxes/box-store.ts';
import { opensAt } from '../boxes/opening.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { type BoxSettings, timezoneOf } from '../boxes/settings.ts';
import type { Clock, Instant } from '../platform/clock.ts';
import { isoOf } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import type { RefreshDeps } from '../sessions/refresh.ts';
import {
  type ClassOrder,
  type Finished,
  GRACE,
  isUnfinished,
  type ListedOrder,
  type Pending,
  type Prebooking,
  type PrebookingKey,
  prebookingId,
  type Result,
  slotOf,
  wakesAt,
} from './prebooking.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import type { WakeUps } from './wake-ups.ts';

export type OrderDeps = {
  readonly prebookings: PrebookingStore;
  readonly wakeUps: WakeUps;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Pending pre-bookings a member may have. */
  readonly maxPending: number;
};

export type Ordered = { readonly prebooking: Prebooking; readonly created: boolean };

/**
 * Orders a class for its opening: the item first, then the wake-up, then the note that it is armed. A crash in between
 * leaves something that the sweep finishes; a wake-up that cannot be set is told, and nothing stays behind.
 *
 * @param previous what is stored under the same key: an order that is still unfinished is returned as it is.
 * @throws AppError invalid-request for an opening out of range, prebooking-limit, internal when the wake-up could not be set.
 */
export async function order(
  deps: OrderDeps,
  email: string,
  wanted: ClassOrder,
  opening: Instant,
  previous: Prebooking | undefined,
): Promise<Ordered> {
  if (previous && isUnfinished(previous)) return { prebooking: previous, created: false };
  const now = deps.clock.now();
  refuseOutOfRange(wanted, opening, now);
  const prebooking: Pending = {
    ...newPrebooking(email, wanted, opening, now),
    status: 'pending',
    armed: false,
    held: null,
  };
  if (!(await deps.prebookings.reserve(prebooking, deps.maxPending))) {
    throw new AppError('prebooking-limit', `You have ${deps.maxPending} pending pre-bookings, which is the most.`);
  }
  if (!(await deps.prebookings.put(prebooking, previous))) return simultaneous(deps, prebooking);
  await armOrWithdraw(deps, prebooking);
  deps.logger.info('prebooking-ordered', {
    prebooking: prebooking.id,
    order: prebooking.order,
    opensAt: isoOf(opening),
  });
  return { prebooking: { ...prebooking, armed: true }, created: true };
}

/** Keeps the record of a class that was booked at once while it was being ordered. */
export async function recordBooked(
  deps: Pick<OrderDeps, 'prebookings' | 'clock'>,
  email: string,
  wanted: ClassOrder,
  booked: Exclude<Booked, { kind: 'too-early' }>,
  previous: Prebooking | undefined,
): Promise<Ordered> {
  const now = deps.clock.now();
  const result: Result = {
    outcome: booked.kind,
    bookingId: booked.bookingId,
    code: null,
    message: null,
    firedAt: now,
    latenessMs: null,
    latenessBoundMs: null,
    shots: 1,
    aimedBy: null,
  };
  const prebooking: Finished = { ...newPrebooking(email, wanted, now, now), status: booked.kind, result, endedAt: now };
  await deps.prebookings.put(prebooking, previous);
  return { prebooking, created: true };
}

export type FindOpeningDeps = RefreshDeps & { readonly boxes: BoxStore; readonly boxSettings: BoxSettings };

export type Opening = { readonly kind: 'opens'; readonly at: Instant } | Exclude<Booked, { kind: 'too-early' }>;

/**
 * When bookings open for a class: by the box's configured or learned rule, else by asking AimHarder, which books at once
 * when they are open already. What a refusal tells is remembered for the box.
 *
 * @throws AppError too-early when AimHarder does not say when; the reason when it refuses for another one.
 */
export async function findOpening(
  deps: FindOpeningDeps,
  member: MemberAtBox,
  wanted: ListedOrder,
  signal: AbortSignal,
): Promise<Opening> {
  const rule = configuredRule(deps, wanted) ?? (await deps.boxes.know(wanted.box)).openingRule;
  const at = rule && openingBy(deps, rule, wanted);
  if (at !== null && at > deps.clock.now()) return { kind: 'opens', at };
  const answer = await bookNow(deps, member, wanted, signal);
  if (answer.kind !== 'too-early') return answer;
  return { kind: 'opens', at: await openingLearned(deps, wanted, answer.rule) };
}

/**
 * The opening of a class that AimHarder has just refused as too early: by the box's configured rule, else by what the
 * refusal told, which is remembered. @throws AppError too-early when neither tells one to come.
 */
export async function openingLearned(
  deps: Pick<FindOpeningDeps, 'boxes' | 'boxSettings' | 'clock'>,
  wanted: ClassOrder,
  told: OpeningRule | null,
): Promise<Instant> {
  const { boxes, clock } = deps;
  const toCome = (rule: OpeningRule | null) => {
    const at = rule && openingBy(deps, rule, wanted);
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

const configuredRule = ({ boxSettings }: Settings, { box }: ClassOrder): OpeningRule | null =>
  boxSettings.openings.get(box) ?? null;

/** When a rule opens a class, on its box's clock. */
export const openingBy = (
  { boxSettings }: { readonly boxSettings: Pick<BoxSettings, 'timezones'> },
  rule: OpeningRule,
  { box, day, classTime }: ClassOrder,
): Instant => opensAt({ day, time: classTime }, rule, timezoneOf(boxSettings, box));

function newPrebooking(email: string, wanted: ClassOrder, opening: Instant, now: Instant) {
  const id = prebookingId(email, { ...wanted, classId: slotOf(wanted) });
  return { ...wanted, email, id, order: now, opensAt: opening, wakesAt: wakesAt(opening), createdAt: now };
}

function refuseOutOfRange({ classStartsAt }: ClassOrder, opening: Instant, now: Instant): void {
  if (classStartsAt <= now) throw new AppError('invalid-request', 'The class has already started.');
  if (opening >= classStartsAt)
    throw new AppError('invalid-request', 'body.opensAt: bookings open before the class starts');
  if (opening < now - GRACE)
    throw new AppError('invalid-request', 'body.opensAt: more than 2 minutes ago; book the class instead');
}

/** Another request ordered the same class in the same instant: its order counts. */
async function simultaneous({ prebookings }: OrderDeps, key: PrebookingKey): Promise<Ordered> {
  const other = await prebookings.find(key);
  if (!other || !isUnfinished(other)) await prebookings.release(key);
  if (!other)
    throw new AppError('prebooking-finished', 'The same class was ordered and withdrawn meanwhile. Try again.');
  return { prebooking: other, created: false };
}

async function armOrWithdraw(deps: OrderDeps, prebooking: Pending): Promise<void> {
  try {
    await deps.wakeUps.arm(prebooking, deps.clock.now());
  } catch (cause) {
    await withdraw(deps, prebooking);
    throw new AppError('internal', 'The wake-up could not be set, so nothing was ordered. Try again.', { cause });
  }
  await deps.prebookings.markArmed(prebooking);
}

async function withdraw({ prebookings, wakeUps, logger }: OrderDeps, prebooking: Pending): Promise<void> {
  if (await prebookings.withdraw(prebooking)) await prebookings.release(prebooking);
  // The answer may have been lost after the schedule was made. Should removing it fail too, it will find nothing to do.
  await wakeUps
    .disarm(prebooking)
    .catch((error: unknown) => logger.error('undo-failed', error, { prebooking: prebooking.id }));
}
