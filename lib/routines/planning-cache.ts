import { type AimHarder, type ListedClass, UpstreamFailure } from '../aimharder/client.ts';
import { classHours } from '../bookings/class-hours.ts';
import type { BoxStore } from '../boxes/box-store.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import type { BoxSettings } from '../boxes/settings.ts';
import type { Instant } from '../platform/clock.ts';
import type { WantedClass } from '../prebookings/prebooking.ts';
import { configuredRule } from '../prebookings/resolve-opening.ts';
import { resolveWanted } from '../prebookings/wanted-class.ts';

type OpeningRulesDeps = { readonly boxes: Pick<BoxStore, 'get'>; readonly boxSettings: BoxSettings };

/** The opening rules of boxes, configured or learned. One run reads each box once. */
export class OpeningRules {
  readonly #deps: OpeningRulesDeps;
  readonly #rules = new Map<string, Promise<OpeningRule | null>>();

  constructor(deps: OpeningRulesDeps) {
    this.#deps = deps;
  }

  get(box: string): Promise<OpeningRule | null> {
    const rule = this.#rules.get(box) ?? this.#read(box);
    this.#rules.set(box, rule);
    return rule;
  }

  /** Forgets a box's rule, because AimHarder may have told another one. */
  forget(box: string): void {
    this.#rules.delete(box);
  }

  async #read(box: string): Promise<OpeningRule | null> {
    return configuredRule(this.#deps, { box }) ?? (await this.#deps.boxes.get(box)).openingRule;
  }
}

/** What the timetable shows for a routine's class. It is `moved` if it was ordered and is at another hour now. */
export type FoundClass =
  | { readonly kind: 'listed'; readonly classId: string; readonly classEndsAt: Instant }
  | { readonly kind: 'gone' | 'ambiguous' | 'cancelled' | 'moved' | 'unreadable' };

/**
 * The public timetables of boxes, which need no session. One run reads each day of a box once, however many members have a
 * class on it.
 */
export class Timetables {
  readonly #aimHarder: Pick<AimHarder, 'listClasses'>;
  readonly #signal: AbortSignal;
  readonly #days = new Map<string, Promise<readonly ListedClass[] | undefined>>();

  constructor({ aimHarder }: { readonly aimHarder: Pick<AimHarder, 'listClasses'> }, signal: AbortSignal) {
    this.#aimHarder = aimHarder;
    this.#signal = signal;
  }

  /** Finds a class, by its slot id if it was ordered. Of two classes with the same start and name neither is chosen. */
  async find(wanted: WantedClass, timezone: string): Promise<FoundClass> {
    const classes = await this.#listDay(wanted);
    if (!classes) return { kind: 'unreadable' };
    const resolved = resolveWanted(classes, wanted);
    if (resolved.kind === 'moved') return { kind: 'moved' };
    if (!('listed' in resolved)) return resolved;
    const { listed } = resolved;
    return { kind: 'listed', classId: listed.classId, classEndsAt: classHours(listed, wanted.day, timezone).endsAt };
  }

  /** @returns undefined if the timetable cannot be read. */
  #listDay({ box, boxId, day }: WantedClass): Promise<readonly ListedClass[] | undefined> {
    const key = `${box} ${day}`;
    const classes =
      this.#days.get(key) ??
      this.#aimHarder.listClasses(undefined, { box, boxId, day }, this.#signal).catch(unreadable);
    this.#days.set(key, classes);
    return classes;
  }
}

function unreadable(error: unknown): undefined {
  if (!(error instanceof UpstreamFailure)) throw error;
  return undefined;
}
