import type { Clock } from './clock.ts';
import { METRICS, type MetricName, NAMESPACE, SERVICE } from './metric-names.ts';

/** Values of one moment, by the metric's name; `outcome` is a second dimension of `PrebookingFinished`. */
export type Measured = { readonly [Name in MetricName]?: number };
export type Measure = (measured: Measured, outcome?: string) => void;

const MILLISECONDS: readonly string[] = [METRICS.latenessMs, METRICS.wakeUpLate];

/**
 * Writes metrics as CloudWatch's embedded metric format, one JSON line on standard output, from which CloudWatch makes
 * them by itself: no request, no permission, nothing that could delay a shot. Powertools does the same in a tenth of the
 * size that `fire-prebooking` may have.
 *
 * Source: CloudWatch User Guide, "Specification: embedded metric format".
 */
export const embeddedMetrics =
  (clock: Pick<Clock, 'now'>, write: (line: string) => void): Measure =>
  (measured, outcome) => {
    const names = Object.keys(measured);
    if (names.length === 0) return;
    const dimensions = [['service'], ...(outcome === undefined ? [] : [['service', 'outcome']])];
    const definitions = names.map((Name) => ({
      Name,
      Unit: MILLISECONDS.includes(Name) ? 'Milliseconds' : 'Count',
    }));
    const directive = { Namespace: NAMESPACE, Dimensions: dimensions, Metrics: definitions };
    write(
      `${JSON.stringify({
        _aws: { Timestamp: Math.floor(clock.now()), CloudWatchMetrics: [directive] },
        ...SERVICE,
        ...(outcome !== undefined && { outcome }),
        ...measured,
      })}\n`,
    );
  };
