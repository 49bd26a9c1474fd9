import type { Outcome } from '../../events/outcome.ts';
import type { Kind } from '../notification-settings.ts';

/** A class in words: its name, its box, and its start on the box's wall clock. */
export type ClassPhrases = {
  readonly name: string;
  readonly box: string;
  readonly day: string;
  readonly time: string;
};

/** All sentences of one language. A language that lacks one does not compile. */
export type Phrases = {
  /** For days and times of day (BCP 47). */
  readonly locale: string;
  /** Stands for a class whose name is not known. */
  readonly unnamedClass: string;
  /** The class inside a sentence. */
  readonly theClass: (of: ClassPhrases) => string;
  /** The class in a subject. */
  readonly classInSubject: (of: ClassPhrases) => string;
  readonly moment: (day: string, time: string) => string;
  readonly subjects: Readonly<Record<Kind, (classInSubject: string) => string>>;
  /** What became of the class, and why. */
  readonly outcomes: Readonly<Record<Outcome, (theClass: string) => string>>;
  /** AimHarder's own text. */
  readonly quote: (text: string) => string;
  /** The member's session is dead; the class that opens next and when it opens, if there is one. */
  readonly loginNeeded: (next: { readonly theClass: string; readonly opens: string } | undefined) => string;
  readonly loginNeededSubject: string;
  readonly wakeUpLate: (theClass: string, seconds: number) => string;
  readonly wakeUpLost: (theClass: string) => string;
  readonly webhookDisabled: { readonly subject: string; readonly text: (host: string) => string };
};
