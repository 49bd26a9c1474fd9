import { decrypt } from '../platform/encryption.ts';
import type { KeySource } from '../platform/secrets.ts';
import { TRIED_FOR } from './backoff.ts';
import type { ChannelAdapter, Outgoing, SendResult } from './channel.ts';
import type { ReceiverChannel } from './notification-settings.ts';
import type { SettingsStore } from './settings-store.ts';

/** Where messages go. @property secret proves to the receiver that the message is ours, in plain text; null if there is none. */
type Target = { readonly address: string; readonly secret: string | null };

/** Tries once to deliver a message. */
export type SendTo = (target: Target, message: Outgoing, signal: AbortSignal) => Promise<SendResult>;

export type ReceiverChannelDeps = {
  readonly settings: SettingsStore;
  readonly secrets: KeySource;
};

/** The encryption context of the secret of a member's receiver. */
export const secretContext = (email: string, channel: ReceiverChannel): readonly string[] => [
  email,
  `${channel}-secret`,
];

export type ReceiverChannelSpec = {
  readonly channel: ReceiverChannel;
  readonly send: SendTo;
  /** Names a receiver as the member knows it. By default the name is the host, because the rest of the address may be secret. */
  readonly nameOf?: (address: string) => string;
  /** As in `ChannelAdapter`. */
  readonly isForPrograms?: true;
};

/**
 * Creates a channel whose receiver is in the member's settings. A receiver that wants no more messages, or accepts none for a
 * week, is disabled until its member sets it again.
 */
export const receiverChannel = (
  { settings, secrets }: ReceiverChannelDeps,
  { channel, send, nameOf = (address) => new URL(address).host, isForPrograms }: ReceiverChannelSpec,
): ChannelAdapter => ({
  channel,
  ...(isForPrograms && { isForPrograms }),
  triedFor: TRIED_FOR,
  mender: 'member',
  // The id of a channel's only receiver is ''.
  list: async (_email, { [channel]: receiver }) => (receiver?.disabledAt === null ? [''] : []),
  async open(email) {
    const receiver = (await settings.find(email))?.[channel];
    if (!receiver || receiver.disabledAt !== null) return undefined;
    const { address, encryptedSecret } = receiver;
    return {
      name: nameOf(address),
      async send(message, signal) {
        if (encryptedSecret === null) return send({ address, secret: null }, message, signal);
        const { keys } = await secrets(encryptedSecret);
        const secret = decrypt(keys, encryptedSecret, secretContext(email, channel));
        return send({ address, secret }, message, signal);
      },
      async recordSuccess() {
        if (receiver.lastError !== null) await settings.recordSuccess(email, channel, receiver);
      },
      recordTestFailure: async (fault) => void (await settings.recordLastError(email, channel, receiver, fault)),
      recordFailure: async (fault, now) => (await settings.recordFailure(email, channel, receiver, fault, now)) ?? now,
      end: (fault, now) => settings.disable(email, channel, receiver, fault, now),
    };
  },
});
