import type { Behaviour } from './behaviour.ts';
import { booking, cancelling } from './booking.ts';
import { login, sessions } from './login.ts';
import { faults, listing, network } from './network.ts';
import { opening } from './opening.ts';

/** All that the gym's switches do. */
export const BEHAVIOUR: readonly Behaviour[] = [
  ...login,
  ...sessions,
  ...opening,
  ...booking,
  ...cancelling,
  ...listing,
  ...network,
  ...faults,
];
