import { openConnection } from '../aimharder/connection.ts';
import { originsFrom } from '../aimharder/origins.ts';
import { sharedCalibrations } from '../aimharder/shared-calibrations.ts';
import { sharedLookup } from '../aimharder/shared-lookup.ts';
import { timezonesFrom } from '../boxes/settings.ts';
import { aimSettingFrom } from '../firing/aim.ts';
import { createShotSpacer } from '../firing/next-shot.ts';
import { type Base, clock, composeKeys } from './base.ts';
import { composeBoxes, composeLearnedRules } from './boxes.ts';
import { composeClaims, composePrebookings, composePreparationWrites, composeQueueing } from './prebookings.ts';
import { withSessions } from './sessions.ts';
import { composeFiringUpstream } from './upstream.ts';

/** Composes the dependencies that preparations and firings share. */
const composeShared = (base: Base) => ({
  ...composeFiringUpstream(withSessions(base)),
  prebookings: composePrebookings(base),
  claims: composeClaims(base),
  secrets: composeKeys(base),
  learnedRules: composeLearnedRules(base),
  boxSettings: { timezones: timezonesFrom(base.environment) },
});

/** Composes the dependencies for preparing pre-bookings. */
export const composePreparation = (base: Base) => ({
  ...composeShared(base),
  ...composeQueueing(base),
  preparations: composePreparationWrites(base),
});

/** Composes the dependencies for firing pre-bookings. */
export function composeFiring(base: Base) {
  const { environment } = base;
  const origins = originsFrom(environment);
  const lookup = sharedLookup(clock);
  return {
    ...composeShared(base),
    boxes: composeBoxes(base),
    connect: (box: string) => openConnection({ origins, box, clock, lookup }),
    clockOf: sharedCalibrations(clock),
    aimSetting: aimSettingFrom(environment),
    spaceShot: createShotSpacer(clock),
    random: Math.random,
  };
}
