import type { Server } from 'node:http';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { createAdminPages } from './admin.ts';
import { drawCompetitorArrivals } from './catalogue.ts';
import type { ControlParts, Simulator, SimulatorControl } from './control.ts';
import { createFaultPlan } from './faults.ts';
import { BOXES, DEMO, Members, normalizeEmail } from './members.ts';
import { Network } from './network.ts';
import { createSeededRandom } from './random.ts';
import { Reservations } from './reservations.ts';
import { createSimulatorServer } from './server.ts';
import { Sessions } from './sessions.ts';
import { openStore } from './sqlite-store.ts';
import type { SimulatorState } from './state.ts';
import { DEFAULTS, type SimulatorOptions, type Switches, withChanges } from './switches.ts';
import { describeClass, Timetable } from './timetable.ts';

export type { Fault } from './faults.ts';

export type { BoxRule, SimulatorOptions, Switches } from './switches.ts';

export type { AddClass } from './timetable.ts';

/** Starts a simulated AimHarder (lib/aimharder/README.md) on this machine. The URL's path stands for AimHarder's hosts (`wire.ts`). */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { clock = systemClock, statePath, port = 0 } = options;
  let current: Switches = withChanges(DEFAULTS, options);
  const switches = () => current;
  const store = openStore(statePath);
  const createRandom = (purpose: string) => createSeededRandom(current.seed, purpose);
  const network = new Network(clock, createRandom('network'), switches);
  const faults = createFaultPlan(createRandom('faults'), () => current.faultRates);
  // The seed of the secrets contains the number of sessions, so that a restarted simulator does not issue the same tokens.
  const secretsRandom = createRandom(`secrets ${store.all('session').length}`);
  const state: SimulatorState = {
    switches,
    members: new Members(),
    sessions: new Sessions(store, secretsRandom),
    timetable: new Timetable(store, switches),
    reservations: new Reservations(store, () => current.seed),
    record: { logins: [], bookings: [], requests: {} },
    random: createRandom('cookies'),
  };
  const control = createControl(state, {
    now: () => network.now(),
    plan: faults.plan,
    set: (changes) => (current = withChanges(current, changes)),
  });
  const server = createSimulatorServer({ state, network, faults, admin: createAdminPages(control) });
  const address = await listen(server, port);
  return {
    ...control,
    origins: { origin: `${address}/www`, login: `${address}/login`, box: `${address}/gym/{box}` },
    demo: DEMO,
    async stop() {
      await close(server);
      store.close();
    },
  };
}

function createControl(
  { timetable, reservations, sessions, record, switches }: SimulatorState,
  { now, plan, set }: ControlParts,
): SimulatorControl {
  return {
    record,
    now,
    set,
    addClass: (wanted) => describeClass(timetable.add(wanted, now())),
    changeClass: (classId, change) => describeClass(timetable.change(classId, change)),
    doubleClass: (classId) => describeClass(timetable.double(classId)),
    nextRollingClass: (offset = 0) => describeClass(timetable.findNotYetOpen(BOXES[0], now(), offset)),
    reservations: (classId) =>
      reservations.inClass(classId).map(({ email, bookingId, waitlisted }) => ({ email, bookingId, waitlisted })),
    competitors(classId) {
      const gymClass = timetable.findAdded(classId);
      return gymClass ? drawCompetitorArrivals(gymClass, switches().seed).filter((arrival) => arrival <= now()) : [];
    },
    failNext: (path, fault, times = 1, more = {}) => plan(path, fault, times, more),
    endSession: ({ email, fingerprint }) => sessions.end({ email: email && normalizeEmail(email), fingerprint }),
  };
}

/** Listens on a port of loopback. @returns the server's address. */
function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const bound = server.address();
      if (bound === null || typeof bound === 'string') reject(new Error('the server is not bound to a port'));
      else resolve(`http://127.0.0.1:${bound.port}`);
    });
  });
}

/** Closes the server and all its connections, also those that still wait for an answer. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
