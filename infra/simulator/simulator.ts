import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { adminPages } from './admin.ts';
import { competitorArrivals } from './catalogue.ts';
import type { Gym, Inside, Levers } from './control.ts';
import { faultPlan } from './faults.ts';
import { BOXES, DEMO, memberDesk, normalEmail } from './members.ts';
import { network } from './network.ts';
import { seededRandom } from './random.ts';
import { reservationBook } from './reservations.ts';
import { gymServer } from './server.ts';
import { sessionBook } from './sessions.ts';
import { openStore } from './sqlite-store.ts';
import type { Realm } from './state.ts';
import { DEFAULTS, type GymOptions, type Switches, withChanges } from './switches.ts';
import { describeClass, timetable } from './timetable.ts';

export type { Fault } from './faults.ts';

export type { BoxRule, GymOptions, Switches } from './switches.ts';

export type { AddClass } from './timetable.ts';

export async function startGym(options: GymOptions = {}): Promise<Gym> {
  const { clock = systemClock, statePath, port = 0 } = options;
  let current: Switches = withChanges(DEFAULTS, options);
  const switches = () => current;
  const store = openStore(statePath);
  const random = (purpose: string) => seededRandom(current.seed, purpose);
  const wires = network(clock, random('network'), switches);
  const faults = faultPlan(random('faults'), () => current.faultRates);
  // With every session kept, the numbers go on: a restarted gym must not hand out the same tokens again.
  const secrets = random(`secrets ${store.all('session').length}`);
  const realm: Realm = {
    switches,
    members: memberDesk(),
    sessions: sessionBook(store, secrets),
    timetable: timetable(store, switches),
    reservations: reservationBook(store, () => current.seed),
    record: { logins: [], bookings: [], requests: {} },
    random: random('cookies'),
  };
  const inside = insideOf(realm, {
    now: wires.now,
    plan: faults.plan,
    set: (changes) => (current = withChanges(current, changes)),
  });
  const server = gymServer({ realm, network: wires, faults, admin: adminPages(inside) });
  const address = await listening(server, port);
  return {
    ...inside,
    origins: { origin: `${address}/www`, login: `${address}/login`, box: `${address}/gym/{box}` },
    demo: DEMO,
    async stop() {
      await closed(server);
      store.close();
    },
  };
}

function insideOf(
  { timetable: classes, reservations, sessions, record, switches }: Realm,
  { now, plan, set }: Levers,
): Inside {
  return {
    record,
    now,
    set,
    addClass: (wanted) => describeClass(classes.add(wanted, now())),
    nextRollingClass: (offset = 0) => describeClass(classes.notYetOpen(BOXES[0], now(), offset)),
    reservations: (classId) =>
      reservations.inClass(classId).map(({ email, bookingId, waitlisted }) => ({ email, bookingId, waitlisted })),
    competitors(classId) {
      const one = classes.added(classId);
      return one ? competitorArrivals(one, switches().seed).filter((arrival) => arrival <= now()) : [];
    },
    failNext: (path, fault, times = 1, more = {}) => plan(path, fault, times, more),
    endSession: ({ email, fingerprint }) => sessions.end({ email: email && normalEmail(email), fingerprint }),
  };
}

function listening(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      // Bound to a port: never a pipe's name.
      const { port: bound } = server.address() as AddressInfo;
      resolve(`http://127.0.0.1:${bound}`);
    });
  });
}

/** Also ends requests that were never to be answered. */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
