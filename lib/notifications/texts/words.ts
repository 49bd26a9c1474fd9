import type { Outcome } from '../../events/outcome.ts';
import type { Kind } from '../notification-settings.ts';

/** A class in words: its name, its box, and its start on the box's wall clock. */
export type ClassPhrases = {
  readonly name: string;
  readonly box: string;
  readonly day: string;
  readonly time: string;
};

/** All that is said in one language. A sentence that is missing does not compile. */
export type Phrases = {
  /** For days and hours (BCP 47). */
  readonly locale: string;
  /** A class whose name nobody told. */
  readonly nameless: string;
  /** As it stands inside a sentence, and in a subject. */
  readonly theClass: (of: ClassPhrases) => string;
  readonly shortly: (of: ClassPhrases) => string;
  readonly instant: (day: string, time: string) => string;
  readonly subjects: Readonly<Record<Kind, (shortly: string) => string>>;
  /** What became of the class, and why. */
  readonly outcomes: Readonly<Record<Outcome, (theClass: string) => string>>;
  /** AimHarder's own words. */
  readonly quoted: (words: string) => string;
  /** There is no live session; the class that opens next, and when, if there is one. */
  readonly loginNeeded: (next: { readonly theClass: string; readonly opens: string } | undefined) => string;
  readonly loginNeededSubject: string;
  readonly wakeUpLate: (theClass: string, seconds: number) => string;
  readonly wakeUpLost: (theClass: string) => string;
  readonly webhookDisabled: { readonly subject: string; readonly text: (host: string) => string };
};
