import { originsFrom } from '../../lib/aimharder/origins.ts';
import { boxSettingsFrom } from '../../lib/boxes/settings.ts';
import { knownChangesFrom } from '../../lib/doctor/known-changes.ts';
import { aimSettingFrom } from '../../lib/firing/aim.ts';
import { allowedEmailsFrom } from '../../lib/login/allowed-emails.ts';
import { readPositiveInteger } from '../../lib/platform/environment.ts';
import { parseWheel } from '../../lib/refresh/timing-wheel.ts';
import type { Setting } from './function-definition.ts';

/**
 * Checks the settings of all functions before a deployment or a start. Otherwise a function would refuse a wrong setting only when
 * it is loaded, and the firing is loaded only for an opening.
 *
 * @throws Error that names the setting.
 */
export function checkSettings(settings: Readonly<Partial<Record<Setting, string>>>): void {
  aimSettingFrom(settings);
  allowedEmailsFrom(settings);
  boxSettingsFrom(settings);
  knownChangesFrom(settings);
  originsFrom(settings);
  parseWheel(settings);
  readPositiveInteger(settings, 'MAX_PENDING_PREBOOKINGS', 1);
  readPositiveInteger(settings, 'REFRESH_CONCURRENCY', 1);
}
