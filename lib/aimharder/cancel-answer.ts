import { parseJson } from '../platform/json.ts';
import { hasLogout, notUnderstood, readJson } from './answer.ts';
import type { Exchange } from './transport.ts';
import { CancelWire, isLogout, Loose } from './wire.ts';

/** AimHarder's answer to a cancellation. `late`: AimHarder has not cancelled, because that would cost the member the credit. */
export type CancelAnswer = 'cancelled' | 'late' | 'refused' | 'logged-out';

/** The meanings of `cancelState` (README, "Cancelling"). */
const CANCEL_STATES = new Map<number | null, CancelAnswer>([
  [1, 'cancelled'],
  [2, 'late'],
  [3, 'refused'],
]);

/** Reads the answer to a cancellation. @throws UpstreamFailure upstream-rejected for an answer of another form. */
export function readCancellation(answer: Exchange): CancelAnswer {
  if (answer.status === 401 && hasLogout(parseJson(answer.body))) return 'logged-out';
  const cancellation = CancelWire.safeParse(readJson(answer));
  if (!cancellation.success) throw notUnderstood('cancelState is not known');
  const { logout, cancelState } = cancellation.data;
  if (isLogout(logout)) return 'logged-out';
  const meaning = CANCEL_STATES.get(Loose.integer(cancelState));
  if (!meaning) throw notUnderstood('cancelState is not known');
  return meaning;
}
