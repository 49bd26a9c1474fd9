import { buildTooEarlyBody } from './booking.ts';
import type { Fault } from './faults.ts';
import { findRule, type Switches } from './switches.ts';
import { HOME, json, LOGGED_OUT, page, type Reply } from './wire.ts';

/** The size of a body that a client should refuse to read, in bytes. */
const HUGE_BODY = 5_000_000;

/** Builds the answer of a fault, which is sent instead of the simulator's usual answer. */
export function faultReply(fault: Fault, switches: Switches, box: string): Reply {
  switch (fault.kind) {
    case 'status': {
      const reply = page(`<h1>${fault.status}</h1>`, { status: fault.status });
      if (fault.retryAfter === undefined) return reply;
      return { ...reply, headers: { ...reply.headers, 'retry-after': String(fault.retryAfter) } };
    }
    case 'answer':
      return {
        status: fault.status ?? 200,
        headers: { 'content-type': fault.contentType ?? 'application/json' },
        cookies: [],
        body: fault.body,
      };
    case 'huge':
      return json({ bookings: [], filler: 'x'.repeat(HUGE_BODY) });
    case 'redirect':
      return { status: 302, headers: { location: '/login/' }, cookies: [], body: '' };
    case 'logout':
      return LOGGED_OUT;
    case 'too-early':
      return json(buildTooEarlyBody(switches, findRule(switches, box)));
    // `html`. A fault that is not listed here keeps the usual answer, or sends none.
    default:
      return HOME;
  }
}

/** Cuts off the second half of a reply's body. */
export const truncate = (reply: Reply): Reply => ({
  ...reply,
  body: reply.body.slice(0, Math.floor(reply.body.length / 2)),
});
