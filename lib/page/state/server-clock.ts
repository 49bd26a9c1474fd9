import { browserNow } from '../browser-clock.ts';

/** The bounds of the offset: the server's clock minus the browser's, in milliseconds. */
type Bounds = { readonly from: number; readonly to: number };

let bounds: Bounds | undefined;

/**
 * Narrows the bounds of the offset by an answer's `Date` header. The header shows whole seconds, and was written between the sending of
 * the request and the arrival of the answer. If answers contradict each other, a clock was set meanwhile, and the newer answer counts.
 */
function narrow(known: Bounds | undefined, header: string | null, sentAt: number, receivedAt: number) {
  const second = Date.parse(header ?? '');
  if (Number.isNaN(second)) return known;
  const shown = { from: second - receivedAt, to: second + 1_000 - sentAt };
  const overlap = known && { from: Math.max(known.from, shown.from), to: Math.min(known.to, shown.to) };
  return overlap && overlap.from <= overlap.to ? overlap : shown;
}

/**
 * Learns from an answer what time the server has.
 *
 * @param header the answer's `Date`. @param sentAt and `receivedAt` are on the browser's clock.
 */
export function learnServerTime(header: string | null, sentAt: number, receivedAt: number): void {
  bounds = narrow(bounds, header, sentAt, receivedAt);
}

/** Returns the server's time, in epoch milliseconds. Until an answer with `Date` has arrived, returns the browser's time. */
export const serverNow = (): number => browserNow() + (bounds ? (bounds.from + bounds.to) / 2 : 0);
