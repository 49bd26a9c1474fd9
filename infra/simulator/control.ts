import type { Instant } from '../../lib/platform/clock.ts';
import type { Fault, faultPlan, PlanOptions } from './faults.ts';
import type { DEMO } from './members.ts';
import type { Chosen } from './sessions.ts';
import type { SimulatorRecord } from './state.ts';
import type { SimulatorOptions } from './switches.ts';
import type { AddClass, describeClass } from './timetable.ts';

/** A class as those who want it need to know it. */
export type DescribedClass = ReturnType<typeof describeClass>;

type Place = { readonly email: string; readonly bookingId: string; readonly waitlisted: boolean };

/** AimHarder, simulated (lib/aimharder/README.md), and what a test may ask of it behind the scenes. */
export type Simulator = {
  readonly origins: { readonly origin: string; readonly login: string; readonly box: string };
  readonly demo: typeof DEMO;
  readonly record: SimulatorRecord;
  /** The simulator's own clock. */
  now(): Instant;
  addClass(wanted: AddClass): DescribedClass;
  /** A class of the timetable that the box's rule has not opened yet; `offset` counts on from the first. */
  nextRollingClass(offset?: number): DescribedClass;
  reservations(classId: string): readonly Place[];
  /** When the competitors for an added class asked for it, up to now; they use no network, so are not in `record`. */
  competitors(classId: string): readonly Instant[];
  /** The next requests at a path, such as `/api/book`, go wrong. `times` 0 takes it back. */
  failNext(path: string, fault: Fault, times?: number, options?: PlanOptions): void;
  /** Ends sessions at AimHarder, unbeknownst to their holders. */
  endSession(chosen: Chosen): void;
  /** Throws switches while the simulator is open. */
  set(changes: SimulatorOptions): void;
  stop(): Promise<void>;
};

export type ControlParts = {
  readonly now: () => Instant;
  readonly plan: ReturnType<typeof faultPlan>['plan'];
  readonly set: (changes: SimulatorOptions) => void;
};

/** What goes on behind the scenes. */
export type SimulatorControl = Omit<Simulator, 'origins' | 'demo' | 'stop'>;
