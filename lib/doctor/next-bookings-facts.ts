import type { Box } from '../aimharder/login.ts';
import { readNextBookings } from '../aimharder/next-bookings.ts';
import type { Origins } from '../aimharder/origins.ts';
import { type AimHarderSession, nextBookingsRequest } from '../aimharder/requests.ts';
import { UpstreamFailure } from '../aimharder/upstream-failure.ts';
import { isLogout } from '../aimharder/wire.ts';
import { type Ask, type DoctorAnswer, describeForm, isOutage, REFUSABLE, toFields } from './ask.ts';
import { defineFact, type Finding } from './finding.ts';

export const NEXT_BOOKINGS_FACTS = {
  list: defineFact(
    'next bookings',
    'The list of a member’s bookings shows only what this service has booked. See lib/aimharder/next-bookings.ts.',
  ),
  stranger: defineFact(
    'next bookings without a session',
    'Nothing changes for this service, which asks whoami before it believes an empty list.',
  ),
};

/** Checks the list of the member's own bookings, asked for with the session and without it. */
export async function checkNextBookings(
  ask: Ask,
  origins: Origins,
  session: AimHarderSession,
  box: Box,
): Promise<readonly Finding[]> {
  const answer = await ask(nextBookingsRequest(origins, session, box));
  const strangerAnswer = await ask(nextBookingsRequest(origins, { ...session, cookies: [] }, box), REFUSABLE);
  return [listFinding(answer), strangerFinding(strangerAnswer)];
}

function listFinding(answer: DoctorAnswer): Finding {
  if ('failed' in answer || isOutage(answer)) return NEXT_BOOKINGS_FACTS.list.unknown(describeForm(answer));
  try {
    const { isWhole } = readNextBookings(answer);
    return isWhole
      ? NEXT_BOOKINGS_FACTS.list.ok('can be read')
      : NEXT_BOOKINGS_FACTS.list.changed('has rows that cannot be read');
  } catch (error) {
    if (error instanceof UpstreamFailure) return NEXT_BOOKINGS_FACTS.list.changed(`is gone: ${describeForm(answer)}`);
    throw error;
  }
}

function strangerFinding(answer: DoctorAnswer): Finding {
  if ('failed' in answer || isOutage(answer)) return NEXT_BOOKINGS_FACTS.stranger.unknown(describeForm(answer));
  return isLogout(toFields(answer.json)['logout'])
    ? NEXT_BOOKINGS_FACTS.stranger.ok('are refused with logout:1')
    : NEXT_BOOKINGS_FACTS.stranger.changed(`are not refused: ${describeForm(answer)}`);
}
