import {
  AimHarder,
  type AimHarderSession,
  listNextBookings,
  listOver,
  prepareShot,
} from '../../../lib/aimharder/client.ts';
import { openConnection } from '../../../lib/aimharder/connection.ts';
import type { Origins } from '../../../lib/aimharder/origins.ts';
import type { Clock } from '../../../lib/platform/clock.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';

/** A body that is a success for every request of a member. */
const SUCCESS = JSON.stringify({
  ...{
    bookState: 1,
    id: '7',
    cancelState: 1,
    newToken: '1|2|3f',
    bookings: [{ id: 7, time: '07:00 - 08:00', idres: 9 }],
    nextClasses: [{ day: '12 de Marzo de 2026', time: '07:00', className: 'WOD', bookState: 1 }],
  },
});
/** The same for whoami and the login, whose `data` differ. */
const WHOAMI = '{"data":[{"id":7,"roles":[]}]}';
const LOGIN = '{"data":{"auth":{"authOK":true,"refreshToken":"1|2|3f"}}}';

const SESSION: AimHarderSession = {
  fingerprint: 'bg-1',
  token: '7|1795000000|0a1b',
  cookies: [{ name: 'amhrdrauth', value: 'auth' }],
};

const AT = { box: 'crossfit-demo', day: '2026-03-27' };
const SLOT = { ...AT, classId: '7' };
const DAY = { ...AT, boxId: '1' };

type Call = {
  readonly body: string;
  run(client: Client, signal: AbortSignal): Promise<unknown>;
  /** Whether the outcome says that AimHarder did what was asked. Absent where any page does. */
  readonly isSuccess?: (outcome: unknown) => boolean;
};

/** What calls AimHarder, with a deadline that a test lets pass. */
export class Client {
  readonly aimHarder: AimHarder;
  readonly #origins: Origins;
  readonly #clock: Clock;
  #deadline = new AbortController();

  constructor(origin: string) {
    this.#origins = { origin, login: origin, box: `${origin}/{box}` };
    this.#clock = { ...systemClock, timeout: () => this.#deadline.signal };
    this.aimHarder = new AimHarder({ origins: this.#origins, clock: this.#clock });
  }

  get clock(): Clock {
    return this.#clock;
  }

  connect() {
    return openConnection({ origins: this.#origins, box: AT.box, clock: this.#clock });
  }

  /** Lets every deadline that runs pass, and gives new ones to later requests. */
  passDeadline(): void {
    const passed = this.#deadline;
    this.#deadline = new AbortController();
    passed.abort(new DOMException('late', 'TimeoutError'));
  }
}

const isKind = (kind: string) => (outcome: unknown) =>
  typeof outcome === 'object' && outcome !== null && 'kind' in outcome && outcome.kind === kind;

/** Every request to AimHarder. */
export const CALLS: Readonly<Record<string, Call>> = {
  login: {
    body: LOGIN,
    run: ({ aimHarder }, signal) =>
      aimHarder.login({ email: 'a@b.es', password: 'x', fingerprint: 'phone-123' }, signal),
    isSuccess: isKind('logged-in'),
  },
  setRefresh: { body: SUCCESS, run: ({ aimHarder }, signal) => aimHarder.setRefresh(SESSION, signal) },
  updateToken: {
    body: SUCCESS,
    run: ({ aimHarder }, signal) => aimHarder.updateToken(SESSION, signal),
    isSuccess: isKind('updated'),
  },
  whoAmI: {
    body: WHOAMI,
    run: ({ aimHarder }, signal) => aimHarder.whoAmI(SESSION, signal),
    isSuccess: isKind('member'),
  },
  listClasses: {
    body: SUCCESS,
    run: ({ aimHarder }, signal) => aimHarder.listClasses(SESSION, DAY, signal),
    isSuccess: Array.isArray,
  },
  listNextBookings: {
    body: SUCCESS,
    run: ({ aimHarder }, signal) => listNextBookings(aimHarder, SESSION, DAY, signal),
    isSuccess: (outcome) => typeof outcome === 'object' && outcome !== null && 'bookings' in outcome,
  },
  book: {
    body: SUCCESS,
    run: ({ aimHarder }, signal) => aimHarder.book(SESSION, SLOT, signal),
    isSuccess: isKind('booked'),
  },
  cancel: {
    body: SUCCESS,
    run: ({ aimHarder }, signal) => aimHarder.cancel(SESSION, { ...AT, bookingId: '7', late: false }, signal),
    isSuccess: (outcome) => outcome === 'cancelled',
  },
  probe: { body: '', run: over((connection, _client, signal) => connection.probe([], signal)) },
  'the firing’s timetable': {
    body: SUCCESS,
    run: over((connection, _client, signal) => listOver(connection, SESSION, DAY, signal)),
    isSuccess: Array.isArray,
  },
  shot: {
    body: SUCCESS,
    run: over(async (connection, { clock }, signal) => {
      const { answer } = await prepareShot(connection, clock, SESSION, SLOT).fire(signal);
      return answer;
    }),
    isSuccess: isKind('booked'),
  },
};

/** Runs over a connection of its own, as a firing does. */
function over<T>(work: (connection: ReturnType<Client['connect']>, client: Client, signal: AbortSignal) => Promise<T>) {
  return async (client: Client, signal: AbortSignal): Promise<T> => {
    const connection = client.connect();
    try {
      return await work(connection, client, signal);
    } finally {
      connection.close();
    }
  };
}
