import { afterAll, beforeAll } from 'vitest';
import { AimHarder } from '../../../lib/aimharder/client.ts';
import type { MemberAtBox } from '../../../lib/bookings/as-member.ts';
import type { Clock } from '../../../lib/platform/clock.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { type Heard, type Scripted, type ScriptedUpstream, scriptedUpstream } from '../aimharder/scripted-upstream.ts';
import { device, memberUpstream, newMember, startSessionWorld } from '../sessions/session-world.ts';

/** AimHarder's answers by path. At any other path it is silent. */
export type Script = Readonly<Record<string, Scripted | ((heard: Heard) => Scripted)>>;

const box = { box: 'crossfit-demo', boxId: '9818', name: 'Demo' };

export const SOUGHT = {
  box: box.box,
  boxId: box.boxId,
  day: '2026-03-27',
  classId: '700101',
  familyId: null,
  className: 'WOD',
  classTime: '07:00',
};

/** Builds a row of AimHarder's timetable. With a `bookState`, the member has a place in the class. */
export const row = (fields: object = {}) => ({
  id: 700101,
  className: 'WOD',
  time: '07:00 - 08:00',
  enabled: 1,
  bookState: null,
  idres: null,
  ...fields,
});
export const listing = (...bookings: readonly object[]): Scripted => ({ body: JSON.stringify({ bookings }) });
export const answer = (json: unknown): Scripted => ({ body: JSON.stringify(json) });
export const MEMBER = answer({ data: [{ id: 7, roles: [] }] });
export const NOBODY = answer({ data: [] });

const pathOf = ({ path }: Heard): string => new URL(path, 'http://gym').pathname.split('/api/')[1] ?? '';

/** Prepares members with a device session on a real database engine, and an AimHarder that follows a script. */
export function membersAtBox() {
  let upstream: ScriptedUpstream;
  let world: Awaited<ReturnType<typeof startSessionWorld>>;
  beforeAll(async () => {
    [upstream, world] = await Promise.all([scriptedUpstream(), startSessionWorld()]);
  });
  afterAll(async () => {
    upstream.stop();
    await world.stop();
  });

  /** @param waits the clock of the waits for AimHarder's answers; by default this machine's. */
  return async (script: Script, waits?: Clock) => {
    upstream.heard.length = 0;
    upstream.answer((heard) => {
      const scripted = script[pathOf(heard)];
      return typeof scripted === 'function' ? scripted(heard) : (scripted ?? { does: 'nothing' });
    });
    const { email, clock, sessions, tokens, state, logins } = newMember(world.documents);
    const session = await logins.storeSession(device(email, 'phone-12345'));
    const aimHarder = new AimHarder({ origins: upstream.origins, clock: waits ?? systemClock });
    const deps = memberUpstream({ aimHarder, sessions, tokens, state, clock: waits ?? clock });
    const member: MemberAtBox = { session, credentials: await tokens.decrypt(session), box };
    return {
      deps,
      member,
      clock,
      documents: world.documents,
      /** Counts the requests at a path of AimHarder. */
      asked: (path: string) => upstream.heard.filter((heard) => pathOf(heard) === path).length,
      heard: upstream.heard,
      isAlive: async () => (await sessions.find(session)) !== undefined,
    };
  };
}
