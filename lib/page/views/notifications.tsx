import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Notifications as NotificationSettings } from '../api-types.ts';
import { act } from '../state/actions.ts';
import { call } from '../state/api.ts';
import { whenCleared } from '../state/session.ts';
import { chooseLanguage, type Language, language, t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { type ChannelChange, OtherChannels } from './other-channels.tsx';
import { Section } from './parts.tsx';
import { PushHere, TestMessage } from './push-here.tsx';

const settings = signal<NotificationSettings | null>(null);
whenCleared(() => {
  settings.value = null;
});

const KEY = 'notifications';

const loadSettings = (): Promise<void> =>
  act(KEY, async () => {
    settings.value = (await call('GET /v1/notifications', {})).notifications;
    return undefined;
  });

/** Changes some settings. The service replaces all of them, so the unchanged ones are sent too. */
const change = (changes: { readonly email?: boolean; readonly language?: Language } | ChannelChange): Promise<void> =>
  act(KEY, async () => {
    const { notifications } = await call('GET /v1/notifications', {});
    const { webhook, ntfy, telegram, email, language: messageLanguage, events } = notifications;
    const kept = {
      // Their secrets stay as long as their addresses do.
      webhook: webhook && { url: webhook.url },
      ntfy: ntfy && { url: ntfy.url },
      telegram: telegram && { chatId: telegram.chatId },
      ...{ email, language: messageLanguage, events },
    };
    const answer = await call('PUT /v1/notifications', { body: { ...kept, ...changes } });
    settings.value = answer.notifications;
    return undefined;
  });

/** Chooses the language of the page, and of the messages if there are any. */
export function chooseEverywhere(chosen: Language): void {
  chooseLanguage(chosen);
  const known = settings.value;
  if (
    known &&
    (known.email || known.webhook || known.ntfy || known.telegram || known.push.length > 0) &&
    known.language !== chosen
  )
    void change({ language: chosen });
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
            onChange={() => void change({ email: !email, language: language.value })}
          />
          <span>{t().byMail}</span>
        </label>
      </div>
      <ActionLine of={KEY} />
      <PushHere endpoints={settings.value?.push.map(({ endpoint }) => endpoint)} />
      {settings.value && <OtherChannels of={settings.value} change={(wanted) => void change(wanted)} />}
      <TestMessage />
    </Section>
  );
}
