import type { BlockedReason } from '../../events/blocked-reason.ts';
import type { Outcome } from '../../events/outcome.ts';
import type { Channel } from '../channel.ts';
import type { EventMessageKind } from '../notification-settings.ts';

/** A class in words: its name, the name of its box, and its start on the box's wall clock. */
export type ClassPhrases = {
  readonly name: string;
  readonly box: string;
  readonly day: string;
  readonly time: string;
};

/** All texts of one language. */
export type Phrases = {
  /** The locale for days and times (BCP 47). */
  readonly locale: string;
  /** The name of a class whose name is unknown. */
  readonly unnamedClass: string;
  /** The name of a class that a relative of the member will attend. */
  readonly forRelative: (name: string) => string;
  /** The class inside a sentence. */
  readonly theClass: (words: ClassPhrases) => string;
  /** The class in a subject. */
  readonly classInSubject: (words: ClassPhrases) => string;
  /** A day and a time inside a sentence. */
  readonly moment: (day: string, time: string) => string;
  readonly subjects: Readonly<Record<EventMessageKind, (classInSubject: string) => string>>;
  /** The outcome of a pre-booking, and its reason. */
  readonly outcomes: Readonly<Record<Outcome, (theClass: string) => string>>;
  /** The member had a place on the waitlist, and has a seat now. */
  readonly promoted: (theClass: string) => string;
  /** Follows the outcome `waitlisted`, if the member is notified when the place becomes a seat. */
  readonly seatWillBeTold: string;
  /** Quotes the text of AimHarder's answer. */
  readonly quote: (text: string) => string;
  /** The member's session is dead. @param next the class that opens next and when it opens, if there is one. */
  readonly loginNeeded: (next: { readonly theClass: string; readonly opens: string } | undefined) => string;
  readonly loginNeededSubject: string;
  readonly wakeUpLate: (theClass: string, seconds: number) => string;
  readonly wakeUpLost: (theClass: string) => string;
  /** Why a routine cannot book one of its dates, and what to do. */
  readonly routineBlocked: Readonly<Record<BlockedReason, (theClass: string) => string>>;
  /** Names that the member may have meant. @param names with commas between. */
  readonly routineSuggestions: (names: string) => string;
  /** Nothing prevents the routine from booking any more. */
  readonly routineCleared: (theClass: string) => string;
  /** The operator no longer invites the member. */
  readonly notInvited: { readonly subject: string; readonly text: string };
  /** The channels, as the member calls them. */
  readonly channelNames: Readonly<Record<Channel, string>>;
  /** A channel has ended. @param channel its name. @param where the name of its receiver, such as a host. */
  readonly channelDisabled: { readonly subject: (channel: string) => string; readonly text: (where: string) => string };
  readonly test: { readonly subject: string; readonly text: string };
};
