import { useState } from 'preact/hooks';
import type { Notifications } from '../api-types.ts';
import { isBusy } from '../state/actions.ts';
import { t } from '../texts/language.ts';
import { Button, Muted } from './parts.tsx';

type Channels = Pick<Notifications, 'ntfy' | 'telegram'>;

/** The change of one channel. Without a new secret, the stored one stays. */
export type ChannelChange =
  | { readonly ntfy: { readonly url: string; readonly token?: string } | null }
  | { readonly telegram: { readonly chatId: string; readonly botToken?: string } | null };

type FormProps = {
  readonly title: string;
  readonly note: string;
  readonly addressLabel: string;
  readonly secretLabel: string;
  /** The stored address; undefined if the channel is not set. */
  readonly address: string | undefined;
  /** Why the last message could not be delivered; null or undefined if nothing failed. */
  readonly error: string | null | undefined;
  /** Whether the service has disabled the channel, because its messages could not be delivered. */
  readonly isDisabled: boolean;
  /** The key of the action that changes the settings. */
  readonly actionKey: string;
  readonly save: (address: string, secret: string) => void;
  readonly remove: () => void;
};

/** A channel that the member sets by an address and a secret. The secret is never shown again. */
function ChannelForm({
  title,
  note,
  addressLabel,
  secretLabel,
  address,
  error,
  isDisabled,
  actionKey,
  save,
  remove,
}: FormProps) {
  const [newAddress, setNewAddress] = useState(address ?? '');
  const [secret, setSecret] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    save(newAddress.trim(), secret.trim());
    setSecret('');
  };
  return (
    <details class="card">
      <summary>
        {title}
        {address !== undefined && ` · ${isDisabled ? t().channelOff : t().channelOn}`}
      </summary>
      <Muted>{note}</Muted>
      {error && <p class="sub warn">{t().channelError(error)}</p>}
      <form class="row below two" onSubmit={submit}>
        <label>
          {addressLabel}
          <input
            required
            maxLength={2000}
            value={newAddress}
            onInput={({ currentTarget }) => setNewAddress(currentTarget.value)}
          />
        </label>
        <label>
          {secretLabel}
          <input
            type="password"
            autocomplete="off"
            maxLength={200}
            value={secret}
            onInput={({ currentTarget }) => setSecret(currentTarget.value)}
          />
        </label>
        <Button submit disabled={isBusy(actionKey)}>
          {t().channelSave}
        </Button>
        {address !== undefined && (
          <Button tone="plain" disabled={isBusy(actionKey)} onClick={remove}>
            {t().channelRemove}
          </Button>
        )}
      </form>
    </details>
  );
}

type OtherChannelsProps = {
  readonly settings: Channels;
  readonly actionKey: string;
  readonly change: (change: ChannelChange) => void;
};

/** The settings of ntfy and Telegram. */
export const OtherChannels = ({ settings: { ntfy, telegram }, actionKey, change }: OtherChannelsProps) => (
  <>
    <ChannelForm
      key={`ntfy ${ntfy?.url}`}
      title="ntfy"
      note={t().ntfyNote}
      addressLabel={t().ntfyUrl}
      secretLabel={t().ntfyToken}
      address={ntfy?.url}
      error={ntfy?.lastError}
      isDisabled={ntfy?.state === 'disabled'}
      actionKey={actionKey}
      save={(url, token) => change({ ntfy: { url, ...(token && { token }) } })}
      remove={() => change({ ntfy: null })}
    />
    <ChannelForm
      key={`telegram ${telegram?.chatId}`}
      title="Telegram"
      note={t().telegramNote}
      addressLabel={t().telegramChat}
      secretLabel={t().telegramToken}
      address={telegram?.chatId}
      error={telegram?.lastError}
      isDisabled={telegram?.state === 'disabled'}
      actionKey={actionKey}
      save={(chatId, botToken) => change({ telegram: { chatId, ...(botToken && { botToken }) } })}
      remove={() => change({ telegram: null })}
    />
  </>
);
