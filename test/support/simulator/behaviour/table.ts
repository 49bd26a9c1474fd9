import type { Behaviour } from './behaviour.ts';
import { booking, cancelling } from './booking.ts';
import { formLogin, generations, jsonLogin, life, renewal } from './login.ts';
import { faults, listing, network } from './network.ts';
import { opening } from './opening.ts';
import { readingBack } from './reading-back.ts';

/** The effects of all switches of the simulator, by the behaviour of AimHarder that they reproduce (lib/aimharder/README.md). */
export const BEHAVIOUR: Readonly<Record<string, readonly Behaviour[]>> = {
  'two logins': generations,
  'JSON login': jsonLogin,
  'form login': formLogin,
  renewal,
  'life of a session': life,
  timetable: listing,
  'openings and bookings': [...opening, ...booking],
  cancelling,
  'reading back': readingBack,
  'faults and network': [...faults, ...network],
};
