import { AimHarder } from '../../../lib/aimharder/client.ts';
import { type MemberAtBox, prepareMember } from '../../../lib/bookings/as-member.ts';
import { bookAtOnce } from '../../../lib/bookings/book-class.ts';
import { findClass, listClasses, listOwnClasses } from '../../../lib/bookings/classes.ts';
import { MINUTE } from '../../../lib/platform/clock.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import { startDynamo } from '../../support/platform/dynamo.ts';
import { defined, memberUpstream, SALT, sessionStores } from '../../support/sessions/session-world.ts';
import type { BenchClass, BenchSimulator } from '../simulators.ts';

export const ROUTES = ['listing', 'booking'] as const;

/** What becomes of the connections to AimHarder after a call. The deployed functions close them and resume the TLS session. */
export const WAYS = ['kept', 'closed, TLS resumed', 'closed, TLS anew'] as const;
export type Way = (typeof WAYS)[number];

export type Routes = Awaited<ReturnType<typeof openRoutes>>;

const signal = new AbortController().signal;
const EMAIL = 'ada@example.com';

/** Opens what a warm function has: a database, a member's session, and a client of AimHarder for each way. */
export async function openRoutes(simulator: BenchSimulator, origins: BenchSimulator['origins']) {
  const { documents, stop } = await startDynamo();
  const stores = sessionStores(documents, clock);
  const wanted = await simulator.addClass(-MINUTE, 100);
  const { session } = await simulator.logIn(EMAIL);
  const boxes = [{ box: wanted.box, boxId: wanted.boxId, name: 'Demo' }];
  const fingerprint = generateBackgroundFingerprint(EMAIL, SALT);
  await stores.logins.storeSession({ ...session, email: EMAIL, fingerprint, boxes });
  const newClient = () => new AimHarder({ origins, clock });
  const clients = new Map<Way, AimHarder>();
  const undoing = new AimHarder({ origins: simulator.origins, clock });
  return {
    /** Calls a route once. @returns the milliseconds that it took, and what takes a booking back. */
    async call(route: (typeof ROUTES)[number], way: Way) {
      const aimHarder = (way !== 'closed, TLS anew' && clients.get(way)) || newClient();
      clients.set(way, aimHarder);
      const deps = memberUpstream({ ...stores, aimHarder, clock });
      const from = clock.monotonic();
      const caller = defined(await stores.sessions.getBackgroundSession(EMAIL));
      const member = await prepareMember(deps, caller, wanted.box, signal);
      const bookingId = await RUN[route](deps, member, wanted);
      const took = clock.monotonic() - from;
      if (way !== 'kept') aimHarder.close();
      const undo = async () => {
        if (bookingId) await undoing.cancel(member.credentials, { ...wanted, bookingId, late: true }, signal);
      };
      return { took, undo };
    },
    stop,
  };
}

type Deps = ReturnType<typeof memberUpstream>;

/** The requests to AimHarder that each route makes, in its order. */
const RUN: Readonly<
  Record<(typeof ROUTES)[number], (deps: Deps, member: MemberAtBox, wanted: BenchClass) => Promise<string | null>>
> = {
  async listing(deps, member, wanted) {
    await listOwnClasses(deps, member, { box: wanted.box, days: [wanted.day] }, signal);
    return null;
  },
  async booking(deps, member, { box, boxId, day, classId }) {
    const listed = findClass(await listClasses(deps, member, { box, day }, signal), classId);
    const sought = { box, boxId, day, classId, familyId: null, className: listed.name, classTime: listed.start };
    const result = await bookAtOnce(deps, member, sought, signal);
    return 'bookingId' in result ? result.bookingId : null;
  },
};
