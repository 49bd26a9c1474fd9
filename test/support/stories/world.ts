import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { inject } from 'vitest';
import type { Setting } from '../../../infra/catalog/function-definition.ts';
import { movableClock } from '../../../infra/local/movable-clock.ts';
import { startStack } from '../../../infra/local/stack.ts';
import type { Simulator } from '../../../infra/simulator/control.ts';
import { type SimulatorOptions, startSimulator } from '../../../infra/simulator/simulator.ts';
import { MINUTE, SECOND } from '../../../lib/platform/clock.ts';
import { toIso } from '../../../lib/platform/dynamodb.ts';
import type { MetricName } from '../../../lib/platform/metric-names.ts';
import { keysIn } from '../../../lib/platform/secrets.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { computeWakeUp, type Pending, prebookingId } from '../../../lib/prebookings/prebooking.ts';
import { encodePrebooking } from '../../../lib/prebookings/prebooking-record.ts';
import { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import { SessionStore } from '../../../lib/sessions/session-store.ts';
import { documentsAt } from '../platform/dynamo.ts';
import { apiClient, type Json } from './api-client.ts';
import { HANGS_AFTER, journal } from './journal.ts';

export type World = Awaited<ReturnType<typeof startWorld>>;

export type Member = { readonly email: string; readonly password: string };

const SALT = 'salt-of-the-story-tests';

const SECRETS = {
  keys: JSON.stringify({ current: 'k1', k1: 'key-of-the-story-tests'.padEnd(43, '.') }),
  salt: JSON.stringify({ fingerprintSalt: SALT }),
};

/** How far ahead a class opens that is ordered at leisure, in milliseconds. Tokens are still fresh by then (15 min). */
export const AHEAD = 6 * MINUTE;

/** A pre-booking whose end was logged by none of the expected events is asked for again after this long, in milliseconds. */
const ASKS_AGAIN_AFTER = 2 * SECOND;

/** The whole service on loopback, with a simulator: the bundles that deploy, real HTTP, a real database engine. */
export async function startWorld(
  simulatorOptions: SimulatorOptions = {},
  settings: Partial<Record<Setting, string>> = {},
) {
  const { lines, write, logged, nextLogged } = journal();
  const clock = movableClock();
  const simulator = await startSimulator({ seed: 1, clock, ...simulatorOptions });
  const stack = await startStack({
    bundles: inject('bundles'),
    origins: simulator.origins,
    secrets: SECRETS,
    settings,
    clock,
    recurring: false,
    maxLatenessMs: 0,
    log: write,
  });
  const documents = documentsAt(stack.endpoints.dynamodb);
  const sessions = new SessionStore({ documents, table: 'sessions', clock });
  const prebookings = new PrebookingStore({ documents, table: 'prebookings', clock });
  const api = apiClient(stack.url);
  let members = 0;
  let wheelMinute = Date.UTC(2020, 0, 1);

  const refreshTokens = (minute: number) => stack.invoke('refresh-tokens', { scheduledTime: toIso(minute) });

  const world = {
    api,
    simulator,
    stack,
    clock,
    documents,
    salt: SALT,
    keys: keysIn(SECRETS.keys, 'keys'),
    /** Every line the functions wrote. */
    lines,
    logged,
    /** What the functions measured by that name, in order. */
    measured: (name: MetricName): readonly number[] =>
      lines
        .filter((line) => line.startsWith('{"_aws"'))
        .map((line) => JSON.parse(line)[name])
        .filter((value) => value !== undefined),
    /** A member nobody has seen yet. */
    member(): Member {
      members += 1;
      return { email: `member-${members}-${simulator.demo.box}@example.com`, password: simulator.demo.password };
    },
    async login(login: Member & { readonly fingerprint: string }): Promise<string> {
      const answer = await api.post('/v1/login', login);
      if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
      return String(answer.body['accessToken']);
    },
    backgroundSessionOf: (email: string) => sessions.getBackgroundSession(email),
    /** What a client orders: a class of the simulator's that opens at an instant of the simulator's clock. */
    async addClass(wanted: Parameters<Simulator['addClass']>[0]) {
      const { box, day, classId, opensAt } = await simulator.addClass(wanted);
      return { box, day, classId, opensAt };
    },
    /** A class of the timetable that is not open yet, and when its box will open it. */
    async classNotYetOpen(offset = 0) {
      const { box, day, classId, opensAt } = await simulator.nextRollingClass(offset);
      return { wanted: { box, day, classId }, opensAt };
    },
    shotsAt: (classId: string) => simulator.record.bookings.filter((shot) => shot.classId === classId),
    reservationsIn: (classId: string, email: string) =>
      simulator.reservations(classId).filter((place) => place.email === email).length,
    requests: () => Object.values(simulator.record.requests).reduce((sum, count) => sum + count, 0),
    fire: async (input: { email: string; id: string; order: number }) =>
      (await stack.invoke('fire-prebooking', input)).payload,
    schedulesOf: (id: string) => stack.schedules(id),
    refuseSchedules: (on: boolean) => stack.refuseSchedules(on),
    async orderOf(email: string, id: string): Promise<number> {
      const prebooking = await prebookings.find({ email, id });
      if (!prebooking) throw new Error('no such pre-booking');
      return prebooking.generation;
    },
    async idOf(email: string, classId: string): Promise<string> {
      const found = (await prebookings.list(email)).find((prebooking) => prebooking.classId === classId);
      if (!found) throw new Error('no such pre-booking');
      return found.id;
    },
    /** An order whose wake-up got lost. */
    async forgottenPrebooking(email: string, wanted: Parameters<Simulator['addClass']>[0]) {
      const added = await simulator.addClass(wanted);
      const opensAt = Date.parse(added.opensAt);
      const order = { box: added.box, boxId: added.boxId, day: added.day, classId: added.classId, familyId: null };
      const pending: Pending = {
        ...order,
        whenFull: null,
        routineId: null,
        email,
        id: prebookingId(email, order),
        generation: Math.floor(opensAt),
        className: added.name,
        classTime: added.time,
        classStartsAt: opensAt + 3 * 86_400_000,
        opensAt,
        wakesAt: computeWakeUp(opensAt),
        createdAt: opensAt - 3_600_000,
        status: 'pending',
        armed: true,
        lease: null,
      };
      await documents.send(new PutCommand({ TableName: 'prebookings', Item: encodePrebooking(pending) }));
      return { id: pending.id, order: pending.generation, classId: added.classId };
    },
    /** Refreshes every session that is not reserved: one run of the wheel for eight minutes makes up a whole turn. */
    async turnTheWheel() {
      // The first run only sets the minute that the next one resumes from.
      if (wheelMinute === Date.UTC(2020, 0, 1)) await refreshTokens(wheelMinute);
      wheelMinute += 8 * MINUTE;
      return refreshTokens(wheelMinute);
    },
    /** Moves everybody's clock forward to so many milliseconds before an opening, as soon as no function runs. */
    skipTo: (opensAt: string, beforeMs = 3_000) => stack.skipTo(Date.parse(opensAt) - beforeMs),
    /** A session of the member's own, to watch a pre-booking with. Its login heals a dead background session, as any. */
    watcherOf: ({ email, password }: Member) => world.login({ email, password, fingerprint: 'watcher-12345' }),
    /** Waits for the end of a pre-booking. Only then does the member log in: nothing is healed while it may matter. */
    async finished(member: Member, id: string): Promise<Json> {
      await logged('prebooking-finished', { prebooking: id });
      return world.finishedFor(await world.watcherOf(member), id);
    },
    /**
     * Waits for the end of a pre-booking, and asks for it as its member would.
     *
     * @throws Error with the last lines, if it has not ended in `HANGS_AFTER`.
     */
    async finishedFor(token: string, id: string): Promise<Json> {
      const deadline = systemClock.monotonic() + HANGS_AFTER;
      for (;;) {
        const ended = nextLogged(['prebooking-finished', 'wake-up-skipped'], { prebooking: id }, ASKS_AGAIN_AFTER);
        const prebooking = (await api.as(token).get(`/v1/prebookings/${id}`)).body['prebooking'] as Json;
        if (prebooking['status'] !== 'pending' && prebooking['status'] !== 'firing') return prebooking;
        if (systemClock.monotonic() > deadline)
          throw new Error(`still ${prebooking['status']}: ${lines.slice(-5).join('\n')}`);
        await ended;
      }
    },
    async stop() {
      await stack.stop();
      await simulator.stop();
    },
  };
  return world;
}
