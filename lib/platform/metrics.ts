import type { Clock } from './clock.ts';
import { type MetricName, NAMESPACE, OUTCOME, SERVICE } from './metric-names.ts';

/** Values that were measured at the same time, by metric name. */
export type MetricValues = { readonly [Name in MetricName]?: number };

/** Emits metrics. @param outcome the second dimension of `PrebookingFinished`. */
export type Measure = (values: MetricValues, outcome?: string) => void;

/** Metrics in milliseconds. Their names are literals, because importing METRICS would double this file's size in a bundle. */
const IN_MILLISECONDS: readonly string[] = ['LatenessMs', 'OldestTokenAgeMs', 'WakeUpLate'] satisfies MetricName[];
/** The only metric with the dimension `OUTCOME`. */
const BY_OUTCOME: string = 'PrebookingFinished' satisfies MetricName;

/**
 * Creates a function that writes metrics in CloudWatch's embedded metric format: one JSON line on standard output, from which
 * CloudWatch makes metrics. That needs no request and no permission, and cannot delay a shot. Powertools would do the same,
 * but would take a tenth of the size that `fire-prebooking` may have.
 *
 * Source: CloudWatch User Guide, "Specification: embedded metric format".
 */
export const embeddedMetrics =
  (service: string, clock: Pick<Clock, 'now'>, write: (line: string) => void): Measure =>
  (values, outcome) => {
    const names = Object.keys(values);
    if (names.length === 0) return;
    const directives = [
      createDirective([SERVICE], (name) => name !== BY_OUTCOME),
      createDirective([SERVICE, OUTCOME], (name) => name === BY_OUTCOME),
    ];

    function createDirective(dimensions: readonly string[], includes: (name: string) => boolean) {
      const metrics = names
        .filter(includes)
        .map((Name) => ({ Name, Unit: IN_MILLISECONDS.includes(Name) ? 'Milliseconds' : 'Count' }));
      return { Namespace: NAMESPACE, Dimensions: [dimensions], Metrics: metrics };
    }

    write(
      `${JSON.stringify({
        _aws: {
          Timestamp: Math.floor(clock.now()),
          CloudWatchMetrics: directives.filter(({ Metrics }) => Metrics.length > 0),
        },
        [SERVICE]: service,
        [OUTCOME]: outcome,
        ...values,
      })}\n`,
    );
  };
