import type { Instant } from '../../lib/platform/clock.ts';
import type { createFaultPlan, Fault, PlanOptions } from './faults.ts';
import type { DEMO } from './members.ts';
import type { SessionFilter } from './sessions.ts';
import type { SimulatorRecord } from './state.ts';
import type { SimulatorOptions } from './switches.ts';
import type { AddClass, ChangeClass, describeClass } from './timetable.ts';

/** The description of a class that a client needs to order it. */
export type DescribedClass = ReturnType<typeof describeClass>;

type ClassReservation = { readonly email: string; readonly bookingId: string; readonly waitlisted: boolean };

/** A simulated AimHarder (lib/aimharder/README.md), with the functions by which tests control and observe it. */
export type Simulator = {
  readonly origins: { readonly origin: string; readonly login: string; readonly box: string };
  readonly demo: typeof DEMO;
  readonly record: SimulatorRecord;
  /** The simulator's own clock. */
  now(): Instant;
  addClass(wanted: AddClass): DescribedClass;
  /** Cancels or moves an added class. */
  changeClass(classId: string, change: ChangeClass): DescribedClass;
  /** Copies an added class under a new id. After `changeClass` has cancelled the original, the copy replaces it. */
  doubleClass(classId: string): DescribedClass;
  /** Finds the first generated class that opens in more than five minutes; with `offset`, the class that many classes later. */
  nextRollingClass(offset?: number): DescribedClass;
  reservations(classId: string): readonly ClassReservation[];
  /** Lists when competitors have booked an added class, up to now. Competitors send no requests, so `record` does not list them. */
  competitors(classId: string): readonly Instant[];
  /** Plans a fault for the next `times` requests at a path such as `/api/book`. `times` 0 removes the path's faults. */
  failNext(path: string, fault: Fault, times?: number, options?: PlanOptions): void;
  /** Ends sessions without notice to their clients, as AimHarder does. */
  endSession(filter: SessionFilter): void;
  /** Changes switches while the simulator runs. */
  set(changes: SimulatorOptions): void;
  stop(): Promise<void>;
};

/** The dependencies of the simulator's control, besides the state. */
export type ControlParts = {
  readonly now: () => Instant;
  readonly plan: ReturnType<typeof createFaultPlan>['plan'];
  readonly set: (changes: SimulatorOptions) => void;
};

/** The functions by which tests control and observe a running simulator. */
export type SimulatorControl = Omit<Simulator, 'origins' | 'demo' | 'stop'>;
