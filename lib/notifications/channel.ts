import type { Instant } from '../platform/clock.ts';
import type { EventMessageKind, Settings } from './notification-settings.ts';

/** All channels. The order is that in which answers name them. */
export const CHANNELS = ['webhook', 'email', 'ntfy', 'telegram', 'push'] as const;
export type Channel = (typeof CHANNELS)[number];

/** A message to a member, as every channel gets it. */
export type Note = {
  readonly subject: string;
  readonly text: string;
  /** Why the message is sent: news about an event, a test, or the end of another channel. */
  readonly kind: EventMessageKind | 'test' | 'channel-disabled';
  /**
   * Names the thing that the message is about, such as `prebooking <id>`. On some channels (`replacesEarlier`), a newer message
   * about the same thing replaces this one. Null if no message replaces it.
   */
  readonly about: string | null;
  /** When the event happened. It decides which of two messages about the same thing is the newer one. */
  readonly happenedAt: Instant;
  /** Where the member can do something about it, on the members' page. Null if the page's address is unknown. */
  readonly link: string | null;
  /** The text for a receiver that is a program; null for people. */
  readonly body: string | null;
};

/** A note on its way to one receiver. @property eventId the same at every try. */
export type Outgoing = Note & { readonly eventId: string };

/** What became of one try. */
export type SendResult =
  | { readonly kind: 'delivered' }
  /** The receiver wants no more messages, or no longer exists. */
  | { readonly kind: 'gone'; readonly fault: string }
  | {
      readonly kind: 'failed';
      /** Why, as a word that the member sees. */
      readonly fault: string;
      /** How long the receiver asks us to wait, in milliseconds; 0 if it does not ask. */
      readonly retryAfter: number;
      /** After how many tries the message is given up. If absent, it is tried for the channel's `triedFor`. */
      readonly maxTries?: number;
    };

/** Where one member gets messages of a channel. */
export type Receiver = {
  /** What the member knows the receiver by, such as a host. Undefined if the member is not told when the receiver ends. */
  readonly name: string | undefined;
  /** Tries once to deliver. */
  send(message: Outgoing, signal: AbortSignal): Promise<SendResult>;
  recordSuccess(): Promise<void>;
  /** Records a failed try. @returns since when the receiver has accepted nothing. */
  recordFailure(fault: string, now: Instant): Promise<Instant>;
  /** Records why a test has failed, so that the settings show it. A failed test does not bring the receiver's end nearer. */
  recordTestFailure(fault: string): Promise<void>;
  /** Ends the receiver, until its member sets it again. @returns false if the receiver was changed or has ended meanwhile. */
  end(fault: string, now: Instant): Promise<boolean>;
};

/**
 * A channel, such as ntfy. The code that delivers, retries, disables or tests messages uses a channel only through this
 * interface.
 */
export type ChannelAdapter = {
  readonly channel: Channel;
  /** For how long a message is tried again, in milliseconds. */
  readonly triedFor: number;
  /** Who can mend the channel if its messages are given up: a mail server, for example, is the operator's. */
  readonly mender: 'member' | 'operator';
  /** Lists the ids of the member's receivers that may get messages. The id of a channel's only receiver is ''. */
  list(email: string, settings: Settings): Promise<readonly string[]>;
  /** Loads a receiver. @returns undefined if the member has it no longer, or it is disabled. */
  open(email: string, receiverId: string): Promise<Receiver | undefined>;
  /** Whether a later message about the same thing takes the place of an earlier one. */
  readonly replacesEarlier?: true;
  /** Whether the receivers are programs, which get the event as JSON (`Note.body`). */
  readonly isForPrograms?: true;
};

/** The channels of an installation, by their names. */
export type Channels = ReadonlyMap<Channel, ChannelAdapter>;

/** Indexes channels by their names, and leaves out those that this installation does not have. */
export const indexChannels = (...adapters: readonly (ChannelAdapter | undefined)[]): Channels =>
  new Map(adapters.flatMap((adapter) => (adapter ? [[adapter.channel, adapter]] : [])));
