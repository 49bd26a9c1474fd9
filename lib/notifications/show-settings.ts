import { DEFAULTS } from './notification-settings.ts';
import type { PushSubscriptions } from './push-subscriptions.ts';
import type { SavedSettings } from './set-notifications.ts';
import type { SettingsStore } from './settings-store.ts';
import { settingsView } from './settings-view.ts';
import type { VapidKey } from './vapid.ts';

export type ShowSettingsDeps = {
  readonly settings: Pick<SettingsStore, 'find'>;
  readonly subscriptions: Pick<PushSubscriptions, 'list'>;
  readonly vapidKey: () => Promise<VapidKey>;
};

/**
 * Builds what a client sees of a member's notification settings, of the browsers that get messages, and of the key that browsers
 * subscribe with.
 *
 * @param saved the settings that the same request has stored; without them, the settings are read.
 */
export async function showSettings(
  { settings, subscriptions, vapidKey }: ShowSettingsDeps,
  email: string,
  saved?: SavedSettings,
) {
  const [found, browsers, { publicKey }] = await Promise.all([
    saved?.settings ?? settings.find(email),
    subscriptions.list(email),
    vapidKey(),
  ]);
  return { ...settingsView(found ?? DEFAULTS, browsers, saved?.secret), pushPublicKey: publicKey };
}
