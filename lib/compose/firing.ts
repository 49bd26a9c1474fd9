import { openConnection } from '../aimharder/connection.ts';
import { originsFrom } from '../aimharder/origins.ts';
import { sharedCalibrations } from '../aimharder/shared-calibrations.ts';
import { timezonesFrom } from '../boxes/settings.ts';
import { aimSettingFrom } from '../firing/aim.ts';
import { sharedPace } from '../firing/next-shot.ts';
import { type Base, clock } from './base.ts';
import { composeBoxes, composeLearnedRules } from './boxes.ts';
import { composeClaims, composePrebookings } from './prebookings.ts';
import { withSessions } from './sessions.ts';
import { composeFiringUpstream } from './upstream.ts';

/** Composes the dependencies for firing pre-bookings. */
export function composeFiring(base: Base) {
  const { environment } = base;
  const origins = originsFrom(environment);
  return {
    ...composeFiringUpstream(withSessions(base)),
    prebookings: composePrebookings(base),
    claims: composeClaims(base),
    boxes: composeBoxes(base),
    learnedRules: composeLearnedRules(base),
    connect: (box: string) => openConnection({ origins, box, clock }),
    clockOf: sharedCalibrations(clock),
    boxSettings: { timezones: timezonesFrom(environment) },
    aimSetting: aimSettingFrom(environment),
    pace: sharedPace(clock),
    random: Math.random,
  };
}
