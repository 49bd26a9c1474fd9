import type { BoxStore } from '../boxes/box-store.ts';
import { MINUTE, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { estimateLateness } from './aim.ts';
import type { Unfinished } from './prebooking.ts';
import type { Prepared } from './prepare.ts';
import type { Shooting } from './shoot.ts';

/** A gate that opens later than this, in milliseconds, has not been late: the opening was another one. */
const LARGEST_BIAS = SECOND;

/**
 * A gate that turned shots away after its own clock had reached the opening is remembered as late. AimHarder's openings are
 * on the minute: of another one, the member's word is all there is.
 */
export async function learnGateBias(
  { boxes, logger }: { readonly boxes: BoxStore; readonly logger: Logger },
  { openSince }: Shooting,
  { calibration }: Pick<Prepared, 'calibration'>,
  { box, opensAt }: Unfinished,
): Promise<void> {
  if (openSince === null || !calibration || opensAt % MINUTE !== 0) return;
  const { latenessMs } = estimateLateness({ sentAt: openSince, opensAt, calibration, wallMinusMonotonic: 0 });
  if (latenessMs <= 0 || latenessMs > LARGEST_BIAS) return;
  await boxes
    .learnGateBias(box, latenessMs)
    .catch((error: unknown) => logger.error('bug', error, { during: 'learn-gate-bias' }));
}
