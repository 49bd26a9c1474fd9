import type { Context } from 'aws-lambda';
import * as z from 'zod/mini';
import { openConnection } from '../lib/aimharder/connection.ts';
import { originsFrom } from '../lib/aimharder/origins.ts';
import { sharedCalibrations } from '../lib/aimharder/shared-calibrations.ts';
import { timezonesFrom } from '../lib/boxes/settings.ts';
import { composeDocuments } from '../lib/compose/base.ts';
import { composeBoxes, composeClaims, composePrebookings } from '../lib/compose/prebookings.ts';
import { composeFiringUpstream, composeSessions } from '../lib/compose/sessions.ts';
import { aimSettingFrom } from '../lib/firing/aim.ts';
import { firePrebooking } from '../lib/firing/fire-prebooking.ts';
import { inRequest } from '../lib/platform/logger.ts';
import { systemClock } from '../lib/platform/system-clock.ts';

/** How long before Lambda ends the function a firing is given up, in milliseconds. */
const GIVE_UP_BEFORE = 5_000;

const WakeUp = z.object({ email: z.string(), id: z.string(), order: z.number() });

const documents = composeDocuments();

const origins = originsFrom(process.env);

const deps = {
  ...composeFiringUpstream(process.env, documents, composeSessions(process.env, documents)),
  prebookings: composePrebookings(process.env, documents),
  claims: composeClaims(process.env, documents),
  boxes: composeBoxes(process.env, documents),
  connect: (box: string) => openConnection({ origins, box, clock: systemClock }),
  clockOf: sharedCalibrations(systemClock),
  boxSettings: { timezones: timezonesFrom(process.env) },
  aimSetting: aimSettingFrom(process.env),
};

/** Fires one pre-booking. EventBridge Scheduler starts it at the wake-up; an order placed late, or the sweep, starts it at once. */
export const handler = inRequest(async (event: unknown, context: Context) => {
  const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - GIVE_UP_BEFORE));
  const end = await firePrebooking(deps, WakeUp.parse(event), signal);
  return { end: typeof end === 'string' ? end : end.result.outcome };
});
