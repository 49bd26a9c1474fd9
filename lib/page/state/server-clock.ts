import { browserNow } from '../browser-clock.ts';

/** Between which two values the server's clock minus the browser's must lie, in milliseconds. */
type Bounds = { readonly from: number; readonly to: number };

let bounds: Bounds | undefined;

/**
 * Narrows the offset of the server's clock by an answer's `Date` header. The header shows whole seconds and was written
 * between the request and the answer. Answers that contradict each other mean that a clock was set: the newer one counts.
 */
function narrow(known: Bounds | undefined, header: string | null, sentAt: number, receivedAt: number) {
  const second = Date.parse(header ?? '');
  if (Number.isNaN(second)) return known;
  const seen = { from: second - receivedAt, to: second + 1_000 - sentAt };
  const both = known && { from: Math.max(known.from, seen.from), to: Math.min(known.to, seen.to) };
  return both && both.from <= both.to ? both : seen;
}

/** Learns from an answer what time the server has. */
export function learnServerTime(header: string | null, sentAt: number, receivedAt: number): void {
  bounds = narrow(bounds, header, sentAt, receivedAt);
}

/** The server's time, in epoch milliseconds; the browser's own until the server has answered once. */
export const serverNow = (): number => browserNow() + (bounds ? (bounds.from + bounds.to) / 2 : 0);
