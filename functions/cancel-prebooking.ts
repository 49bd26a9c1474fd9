import {
  composeAuthenticate,
  composeDocuments,
  composePrebookings,
  composeSessions,
  composeWakeUps,
} from '../lib/compose.ts';
import { memberApi } from '../lib/http/api.ts';
import { decodePath } from '../lib/http/decode.ts';
import { logger } from '../lib/platform/logger.ts';
import { systemClock } from '../lib/platform/system-clock.ts';
import { cancelPrebooking } from '../lib/prebookings/cancel.ts';
import { PrebookingPath } from '../lib/prebookings/prebooking-api.ts';

const documents = composeDocuments();
const sessions = composeSessions(process.env, documents);
const deps = {
  prebookings: composePrebookings(process.env, documents),
  wakeUps: composeWakeUps(process.env),
  clock: systemClock,
  logger,
};

/** DELETE /v1/prebookings/{id} → 204 while it is pending. */
export const handler = memberApi(composeAuthenticate(sessions), async ({ event }, { email }) => {
  await cancelPrebooking(deps, { email, id: decodePath(event, PrebookingPath).id });
  return { status: 204 };
});
