import { type AimHarder, type ListedClass, UpstreamFailure } from '../aimharder/client.ts';
import { classHours } from '../bookings/class-hours.ts';
import type { LearnedRules, RuleHolder } from '../boxes/learned-rules.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import type { BoxSettings } from '../boxes/settings.ts';
import type { Instant } from '../platform/clock.ts';
import { isSameName } from '../platform/text.ts';
import { configuredRule } from '../prebookings/find-opening.ts';
import type { WantedClass } from '../prebookings/prebooking.ts';
import { resolveWanted } from '../prebookings/wanted-class.ts';
import { suggestNames } from './suggest-names.ts';

type OpeningRulesDeps = {
  readonly learnedRules: Pick<LearnedRules, 'find' | 'findLongest'>;
  readonly boxSettings: BoxSettings;
};

/** Caches the opening rules, configured or learned, for one run. The run reads each holder's rule, and each box's longest, once. */
export class OpeningRules {
  readonly #deps: OpeningRulesDeps;
  readonly #rules = new Map<string, Promise<OpeningRule | null>>();
  readonly #longest = new Map<string, Promise<OpeningRule | null>>();

  constructor(deps: OpeningRulesDeps) {
    this.#deps = deps;
  }

  /** Finds the rule that is configured for the holder's box, or else was learned for the holder. */
  get(holder: RuleHolder): Promise<OpeningRule | null> {
    const key = ruleKey(holder);
    const rule = this.#rules.get(key) ?? this.#read(holder);
    this.#rules.set(key, rule);
    return rule;
  }

  /** Finds the longest rule of a box's members, the guess for a member whose own rule is unknown. */
  findLongest(box: string): Promise<OpeningRule | null> {
    const rule = this.#longest.get(box) ?? this.#deps.learnedRules.findLongest(box);
    this.#longest.set(box, rule);
    return rule;
  }

  /** Drops a holder's rule from the cache, because a refusal may have taught another rule. */
  forget(holder: RuleHolder): void {
    this.#rules.delete(ruleKey(holder));
  }

  async #read(holder: RuleHolder): Promise<OpeningRule | null> {
    return configuredRule(this.#deps, holder) ?? (await this.#deps.learnedRules.find(holder));
  }
}

const ruleKey = ({ email, box, familyId }: RuleHolder): string => `${email} ${box} ${familyId ?? ''}`;

/** What the timetable shows of a routine's class. `moved`: the class was ordered, and is at another hour now. */
export type FoundClass =
  | { readonly kind: 'listed'; readonly classId: string; readonly classEndsAt: Instant }
  | { readonly kind: 'ambiguous' | 'cancelled' | 'moved' | 'unreadable' }
  | GoneClass;

/** A class that no row of its day matches. */
export type GoneClass = {
  readonly kind: 'gone';
  /** Names of the day's classes, if none has the wanted name. */
  readonly suggestions: readonly string[];
  /** Whether the box may merely hide the class until its bookings open. */
  readonly mayBeHidden: boolean;
};

/**
 * Caches the public timetables of boxes, which need no session, for one run. The run reads each day of a box once, for all
 * members.
 */
export class Timetables {
  readonly #aimHarder: Pick<AimHarder, 'listClasses'>;
  readonly #signal: AbortSignal;
  readonly #days = new Map<string, Promise<readonly ListedClass[] | undefined>>();

  constructor({ aimHarder }: { readonly aimHarder: Pick<AimHarder, 'listClasses'> }, signal: AbortSignal) {
    this.#aimHarder = aimHarder;
    this.#signal = signal;
  }

  /** Finds a class, by its slot id if the class was ordered. Two classes with the same start and name are ambiguous. */
  async find(wanted: WantedClass, timezone: string): Promise<FoundClass> {
    const classes = await this.#listDay(wanted);
    if (!classes) return { kind: 'unreadable' };
    const resolved = resolveWanted(classes, wanted);
    if (resolved.kind === 'moved') return { kind: 'moved' };
    if (resolved.kind === 'gone') return describeGone(classes, wanted);
    if (!('listed' in resolved)) return { kind: resolved.kind };
    const { listed } = resolved;
    return { kind: 'listed', classId: listed.classId, classEndsAt: classHours(listed, wanted.day, timezone).endsAt };
  }

  /** Reads a timetable. @returns undefined if it is unreadable. */
  #listDay({ box, boxId, day }: WantedClass): Promise<readonly ListedClass[] | undefined> {
    const key = `${box} ${day}`;
    const classes =
      this.#days.get(key) ??
      this.#aimHarder.listClasses(undefined, { box, boxId, day }, this.#signal).catch(undefinedIfUnreadable);
    this.#days.set(key, classes);
    return classes;
  }
}

/**
 * Describes a class that no row matches. The box may hide the class if the day has no rows, or if all rows start before the class
 * and one row has its name: some boxes show each class when its bookings open.
 */
const describeGone = (classes: readonly ListedClass[], wanted: WantedClass): GoneClass => ({
  kind: 'gone',
  suggestions: suggestNames(classes, wanted),
  mayBeHidden:
    classes.every(({ start }) => start < wanted.classTime) &&
    (classes.length === 0 || classes.some(({ name }) => isSameName(name, wanted.className))),
});

function undefinedIfUnreadable(error: unknown): undefined {
  if (!(error instanceof UpstreamFailure)) throw error;
  return undefined;
}
