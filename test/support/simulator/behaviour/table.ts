import type { Behaviour } from './behaviour.ts';
import { booking, cancelling } from './booking.ts';
import { formLogin, generations, jsonLogin, life, renewal } from './login.ts';
import { faults, listing, network } from './network.ts';
import { opening } from './opening.ts';

/** All that the gym's switches do, by the points of what a faithful simulator has to reproduce (protocol j). */
export const BEHAVIOUR: Readonly<Record<`j.${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`, readonly Behaviour[]>> = {
  'j.1': generations,
  'j.2': jsonLogin,
  'j.3': formLogin,
  'j.4': renewal,
  'j.5': life,
  'j.6': listing,
  'j.7': [...opening, ...booking],
  'j.8': cancelling,
  'j.9': [...faults, ...network],
};
