import type { Calibration } from '../aimharder/calibration.ts';
import type { BoxStore, OpeningDelay } from '../boxes/box-store.ts';
import { DAY, type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { arrivesAtLatest, arrivesAtSoonest } from './aim.ts';
import type { Shooting } from './shoot.ts';

/** A gate that opens later than this, in milliseconds, has not been late: the opening was another one. */
const LARGEST_BIAS = 2.5 * SECOND;

/** Once a gate is known to this, in milliseconds, shots are aimed behind it; before, at the middle of what is unknown. */
const FINE = 50;

/** What was seen of a gate counts for so long: AimHarder may have mended it. */
const COUNTS_FOR = 14 * DAY;

/** How much later than the opening to aim, in milliseconds. */
export function delayToAimFor(gate: OpeningDelay | null, now: Instant): number {
  if (!gate || now - gate.seenAt > COUNTS_FOR) return 0;
  const { shutMs, openMs } = gate;
  return openMs - shutMs <= FINE ? openMs : (shutMs + openMs) / 2;
}

type Seen = { readonly opensAt: Instant; readonly calibration: Calibration | undefined };

/** Less than this before the opening, in milliseconds, is a rounding, and not early. */
const ROUNDING = 1;

/**
 * What one shooting tells of its box's gate: shut still when a refused shot arrived at the soonest, open when an admitted one
 * arrived at the latest. A refusal of a shot that was not surely (99.999 %) late enough tells nothing.
 *
 * @returns undefined when it tells nothing; null when what was known is no longer so.
 */
export function openingDelayAfter(
  known: OpeningDelay | null,
  { refusedAt, admittedAt }: Pick<Shooting, 'refusedAt' | 'admittedAt'>,
  { opensAt, calibration }: Seen,
  now: Instant,
): OpeningDelay | null | undefined {
  if (!calibration || calibration.disagreement) return undefined;
  const refused = refusedAt === null ? Number.NEGATIVE_INFINITY : arrivesAtSoonest(calibration, refusedAt) - opensAt;
  const isLate = refused >= -ROUNDING;
  const shut = Math.max(0, refused);
  const open = admittedAt === null ? Number.POSITIVE_INFINITY : arrivesAtLatest(calibration, admittedAt) - opensAt;
  if (!isLate && !known) return undefined;
  const narrowed = { shutMs: Math.max(shut, known?.shutMs ?? 0), openMs: Math.min(open, known?.openMs ?? open) };
  // A gate that has moved contradicts what was seen of it: this time counts.
  const holds = narrowed.shutMs < narrowed.openMs;
  const { shutMs, openMs } = holds ? narrowed : { shutMs: shut, openMs: open };
  if ((!holds && !isLate) || openMs > LARGEST_BIAS) return known ? null : undefined;
  return { shutMs: tenths(shutMs), openMs: tenths(openMs), seenAt: now };
}

const tenths = (millis: number) => Math.round(millis * 10) / 10;

/**
 * Remembers a box's gate. AimHarder's openings are on the minute: of another one, the member's word is all there is.
 */
export async function learnOpeningDelay(
  { boxes, logger }: { readonly boxes: BoxStore; readonly logger: Logger },
  box: string,
  known: OpeningDelay | null,
  shooting: Shooting,
  seen: Seen,
  now: Instant,
): Promise<void> {
  if (seen.opensAt % MINUTE !== 0) return;
  const gate = openingDelayAfter(known, shooting, seen, now);
  if (gate === undefined) return;
  await boxes
    .learnOpeningDelay(box, gate)
    .catch((error: unknown) => logger.error('unexpected-error', error, { during: 'learn-opening-delay' }));
}
