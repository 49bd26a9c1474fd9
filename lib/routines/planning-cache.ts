import { type AimHarder, type ListedClass, sameSlot, UpstreamFailure } from '../aimharder/client.ts';
import { classHours } from '../bookings/class-hours.ts';
import type { BoxStore } from '../boxes/box-store.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import type { BoxSettings } from '../boxes/settings.ts';
import type { Instant } from '../platform/clock.ts';
import type { WantedClass } from '../prebookings/prebooking.ts';
import { configuredRule } from '../prebookings/resolve-opening.ts';

export type OpeningRules = ReturnType<typeof openingRules>;

/** The boxes' opening rules as they are configured or were learned, each read once. */
export function openingRules(deps: { readonly boxes: Pick<BoxStore, 'get'>; readonly boxSettings: BoxSettings }) {
  const read = new Map<string, Promise<OpeningRule | null>>();
  return {
    of(box: string): Promise<OpeningRule | null> {
      const known =
        read.get(box) ??
        Promise.resolve(configuredRule(deps, { box }) ?? deps.boxes.get(box).then(({ openingRule }) => openingRule));
      read.set(box, known);
      return known;
    },
    /** AimHarder has told something new of the box. */
    forget(box: string): void {
      read.delete(box);
    },
  };
}

/** A class as the timetable has it, found by its start and name. */
export type FoundClass =
  | { readonly kind: 'listed'; readonly classId: string; readonly classEndsAt: Instant }
  | { readonly kind: 'none' | 'several' | 'cancelled' | 'unreadable' };

export type Timetables = ReturnType<typeof timetables>;

/**
 * The boxes' public timetables, each day's read once however many members have a class on it: no session is needed to see
 * which classes there are.
 */
export function timetables({ aimHarder }: { readonly aimHarder: Pick<AimHarder, 'listClasses'> }, signal: AbortSignal) {
  const read = new Map<string, Promise<readonly ListedClass[] | undefined>>();

  function classesOn({ box, boxId, day }: WantedClass): Promise<readonly ListedClass[] | undefined> {
    const key = `${box} ${day}`;
    const known = read.get(key) ?? aimHarder.listClasses(undefined, { box, boxId, day }, signal).catch(unreadable);
    read.set(key, known);
    return known;
  }

  /** Never guesses: of two classes alike neither is taken. */
  async function find(wanted: WantedClass, timezone: string): Promise<FoundClass> {
    const classes = await classesOn(wanted);
    if (!classes) return { kind: 'unreadable' };
    const found = sameSlot(classes, { start: wanted.classTime, name: wanted.className });
    const held = found.filter(({ cancelled }) => !cancelled);
    const [listed] = held;
    if (!listed) return { kind: found.length > 0 ? 'cancelled' : 'none' };
    if (held.length > 1) return { kind: 'several' };
    return {
      kind: 'listed',
      classId: listed.classId,
      classEndsAt: classHours(listed, wanted.day, timezone).endsAt,
    };
  }

  return { find };
}

function unreadable(error: unknown): undefined {
  if (!(error instanceof UpstreamFailure)) throw error;
  return undefined;
}
