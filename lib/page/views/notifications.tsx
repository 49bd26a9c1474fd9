import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Notifications as NotificationSettings } from '../api-types.ts';
import { runAction } from '../state/actions.ts';
import { call } from '../state/api.ts';
import { whenCleared } from '../state/session.ts';
import { chooseLanguage, type Language, language, t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { type ChannelChange, OtherChannels } from './other-channels.tsx';
import { Section } from './parts.tsx';
import { PushHere, TestMessage } from './push-here.tsx';

/** The member's settings; null while they are not loaded. */
const settings = signal<NotificationSettings | null>(null);
whenCleared(() => {
  settings.value = null;
});

/** The keys of the actions that read the settings, and that change them. */
const READ = 'read notifications';
const CHANGE = 'change notifications';

const loadSettings = (): Promise<void> =>
  runAction(READ, async () => {
    settings.value = (await call('GET /v1/notifications', {})).notifications;
    return undefined;
  });

/** Changes some settings. The service replaces all of them, so the unchanged ones are sent too. */
const changeSettings = (
  changes: { readonly email?: boolean; readonly language?: Language } | ChannelChange,
): Promise<void> =>
  runAction(CHANGE, async () => {
    const { notifications } = await call('GET /v1/notifications', {});
    const { webhook, ntfy, telegram, email, language: messageLanguage, events } = notifications;
    const kept = {
      // A secret that is not sent stays, as long as the address does not change.
      webhook: webhook && { url: webhook.url },
      ntfy: ntfy && { url: ntfy.url },
      telegram: telegram && { chatId: telegram.chatId },
      email,
      language: messageLanguage,
      events,
    };
    const answer = await call('PUT /v1/notifications', { body: { ...kept, ...changes } });
    settings.value = answer.notifications;
    return undefined;
  });

/** Chooses the language of the page, and of the member's messages if there is a channel for them. */
export function chooseEverywhere(chosen: Language): void {
  chooseLanguage(chosen);
  const known = settings.value;
  const hasChannel = known && (known.email || known.webhook || known.ntfy || known.telegram || known.push.length > 0);
  if (hasChannel && known.language !== chosen) void changeSettings({ language: chosen });
}

export function Notifications() {
  useEffect(() => void loadSettings(), []);
  const email = settings.value?.email ?? false;
  return (
    <Section title={t().notifications}>
      <div class="card line">
        <label class="check">
          <input
            type="checkbox"
            checked={email}
            disabled={settings.value === null}
            onChange={() => void changeSettings({ email: !email, language: language.value })}
          />
          <span>{t().byMail}</span>
        </label>
      </div>
      <ActionLine actionKey={READ} />
      <ActionLine actionKey={CHANGE} />
      <PushHere endpoints={settings.value?.push.map(({ endpoint }) => endpoint)} />
      {settings.value && (
        <OtherChannels
          settings={settings.value}
          actionKey={CHANGE}
          change={(changes) => void changeSettings(changes)}
        />
      )}
      <TestMessage />
    </Section>
  );
}
