import type { DescribedClass } from '../../../../infra/simulator/control.ts';
import { type Answer, browser, readToken } from '../member.ts';
import type { Scene } from '../switched.ts';

/** A question sends requests to the simulator, and returns the relevant parts of the answers. Most log a member in first. */
export type Ask = (scene: Scene, wanted: DescribedClass) => Promise<unknown>;

const FORM = { mail: 'demo@example.com', pw: 'demo-password', login: 'Log in', loginfingerprint: 'phone' };

const seen = async ({ member }: Scene, { status, json, text, headers }: Answer) => ({
  status,
  json,
  location: headers.get('location'),
  html: text.startsWith('<!DOCTYPE html>'),
  authCookie: member.jar.has('amhrdrauth'),
  logsIn: (await member.whoAmI()).length === 1,
});

export const jsonLogin: Ask = async (scene) => seen(scene, await scene.member.login());

export const wrongLogin: Ask = async (scene) =>
  seen(scene, await scene.member.login('demo@example.com', 'phone', 'guess'));

export const wrongThenRight: Ask = async (scene) => {
  await wrongLogin(scene, scene.simulator.nextRollingClass());
  return seen(scene, await scene.member.login());
};

export const formLogin: Ask = async (scene) =>
  seen(scene, await scene.member.form(`${scene.simulator.origins.login}/`, FORM));

export const formLoginOnSite: Ask = async (scene) =>
  seen(scene, await scene.member.form(`${scene.simulator.origins.origin}/login`, FORM));

const errorsIn = ({ text }: Answer): string | undefined => /<span id="loginErrors">([^<]*)</.exec(text)?.[1];

/** Reads the page after a successful form login. */
export const formPage: Ask = async ({ simulator, member }) => {
  const received = await member.form(`${simulator.origins.login}/`, FORM);
  return {
    status: received.status,
    errors: errorsIn(received),
    frame: /<iframe src="\/setrefresh\?token=[^"]+&fingerprint=phone&/.test(received.text),
    script: received.text.includes('window.location.href ='),
  };
};

/** Returns the status and error of two wrong passwords. */
export const formErrors: Ask = async ({ simulator, member }) => {
  const wrong = () => member.form(`${simulator.origins.login}/`, { ...FORM, pw: 'guess' });
  const received = [await wrong(), await wrong()];
  return received.map((one) => `${one.status} ${errorsIn(one)}`);
};

export const formToJson: Ask = async (scene) =>
  seen(
    scene,
    await scene.member.form(`${scene.simulator.origins.login}/api/login`, {
      username: 'demo@example.com',
      password: 'x',
    }),
  );

/** Returns the `Set-Cookie` line of the session, without its secret. */
export const sessionCookie: Ask = async ({ member }) => {
  const lines = (await member.login()).headers.getSetCookie();
  return lines.find((line) => line.startsWith('amhrdrauth'))?.replace(/=[^;]*/, '');
};

export const roles: Ask = async ({ member }) =>
  ((await member.login()).json as { data: { userData: { roles: unknown } } }).data.userData.roles;

/** Returns the values that setrefresh stores in the browser for the token of a login. */
export const setRefresh =
  (fingerprint: string, who: 'member' | 'nobody' = 'member'): Ask =>
  async ({ simulator, member }) => {
    const token = readToken(await member.login());
    if (who === 'nobody') member.jar.clear();
    const query = new URLSearchParams({ redirect: '', token, fingerprint });
    const { status, text } = await member.send(`${simulator.origins.origin}/setrefresh?${query}`);
    const stored = (name: string) =>
      new RegExp(`localStorage.setItem\\("${name}", "([^"]*)"\\)`).exec(text)?.[1] ?? null;
    const shown = stored('refreshToken');
    return { status, token: shown === token ? 'the login’s' : shown, fingerprint: stored('fingerprint') };
  };

/** Returns in how many days token and cookie expire, as they state it. */
export const printedExpiry: Ask = async ({ simulator, member }) => {
  const token = readToken(await member.login());
  const days = (text: string) => (Number(text.split('|')[1]) - simulator.now() / 1_000) / 86_400;
  return { token: days(token), cookie: days(decodeURIComponent(member.jar.get('amhrdrauth') ?? '')) };
};

/** Returns the status, the kind of answer, and the names of the cookies. */
export const tokenUpdate: Ask = async ({ member }) => {
  const { status, json, headers } = await member.tokenUpdate(readToken(await member.login()));
  const cookies = headers.getSetCookie().map((line) => line.split('=')[0]);
  return { status, answer: Object.keys(json).join() || 'no JSON', cookies: cookies.join(' ') };
};

export const oldToken: Ask = async ({ member }) => {
  const first = readToken(await member.login());
  await member.tokenUpdate(first);
  return Object.keys((await member.tokenUpdate(first)).json);
};

export const wrongFingerprint: Ask = async ({ member }) =>
  (await member.tokenUpdate(readToken(await member.login()), 'tablet')).json;

/** Counts how many of two sessions, both used after 20 minutes, live after 40. */
export const livingAfter40Minutes: Ask = async ({ member, clock }) => {
  const token = readToken(await member.login());
  clock.advance(20 * 60_000);
  await member.whoAmI();
  clock.advance(20 * 60_000);
  return [(await member.whoAmI()).length, Object.keys((await member.tokenUpdate(token)).json).join()];
};

/** Checks whether each of two sessions lives after the second login. */
export const twoLogins =
  (fingerprint: string): Ask =>
  async ({ simulator, member }) => {
    const second = browser(simulator);
    await member.login();
    await second.login('demo@example.com', fingerprint);
    return [(await member.whoAmI()).length, (await second.whoAmI()).length];
  };

/** Checks whether another session lives after this one has logged out. */
export const logoutBesideAnother: Ask = async ({ simulator, member }) => {
  const other = browser(simulator);
  await member.login();
  await other.login('demo@example.com', 'tablet');
  await member.send(`${simulator.origins.origin}/logout`);
  return (await other.whoAmI()).length;
};

export const book: Ask = async ({ member }, wanted) => {
  await member.login();
  return (await member.book(wanted)).json;
};

export const bookInsisting: Ask = async ({ member }, wanted) => {
  await member.login();
  return (await member.book(wanted, '', '1')).json;
};

export const bookForFamily =
  (familyId: string): Ask =>
  async ({ member }, wanted) => {
    await member.login();
    return (await member.book(wanted, familyId)).json;
  };

export const bookTwice: Ask = async ({ member }, wanted) => {
  await member.login();
  await member.book(wanted);
  return (await member.book(wanted)).json;
};

export const bookWithoutSession: Ask = async ({ member }, wanted) => (await member.book(wanted)).json;

/** Books a class of the timetable that the box's rule has not opened yet. */
export const bookFromTimetable: Ask = async ({ simulator, member }) => {
  await member.login();
  return (await member.book(simulator.nextRollingClass())).json;
};

export const cancel =
  (late: string, by: 'reservation' | 'slot' = 'reservation'): Ask =>
  async ({ member }, wanted) => {
    await member.login();
    const { json } = await member.book(wanted);
    return (await member.cancel(wanted, by === 'slot' ? wanted.classId : String(json['id']), late)).json;
  };

export const row: Ask = async ({ member }, wanted) => {
  await member.login();
  return member.row(wanted);
};

export const bookedRow: Ask = async ({ member }, wanted) => {
  await member.login();
  await member.book(wanted);
  return member.row(wanted);
};

/** Returns the row of a class that the member has booked, as it is shown without a session. */
export const bookedRowForNobody: Ask = async ({ simulator, member }, wanted) => {
  await member.login();
  await member.book(wanted);
  return browser(simulator).row(wanted);
};

/** Returns the taken seats of the timetable's classes, as they are shown without a session. */
export const takenSeats: Ask = async ({ simulator, member, clock }) => {
  const wanted = simulator.nextRollingClass();
  clock.advance(Date.parse(wanted.opensAt) - simulator.now() + 60_000);
  return (await member.row(wanted))?.['ocupation'];
};

export const openingIn =
  (box: string, day: string, time: string): Ask =>
  async ({ simulator }) =>
    simulator.addClass({ box, day, time }).opensAt;

/** Lists the hours of the box's classes. */
export const hours: Ask = async ({ member }) => {
  const { json } = await member.send(member.at('crossfit-demo', '/api/bookings?day=20260312&box=9001'));
  return (json['timetable'] as readonly { readonly id: string }[]).map(({ id }) => id.slice(0, 4));
};

/** Returns `Date` and `Age` of a first answer, and of one three seconds later. */
export const dates: Ask = async ({ simulator, member, clock }) => {
  const first = await member.send(`${simulator.origins.origin}/favicon.ico`, { method: 'HEAD' });
  clock.advance(3_000);
  const second = await member.send(`${simulator.origins.origin}/favicon.ico`, { method: 'HEAD' });
  return [first, second].map(({ headers }) => `${headers.get('date')?.slice(17, 25)} ${headers.get('age')}`);
};

/** Sends a booking at the opening. @returns how late it arrives, and the second in which it is answered. */
export const flight: Ask = async ({ simulator, member, clock }, wanted) => {
  const flying = member.book(wanted);
  while (!simulator.record.requests['/api/book']) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(1_000);
  const { headers } = await flying;
  const { lateness = Number.NaN } = simulator.record.bookings[0] ?? {};
  return { lateness: Math.round(lateness * 1_000) / 1_000, date: headers.get('date')?.slice(17, 25) };
};

/** Books a class with a fault. @returns the answer, and whether the place was taken. */
export const bookIntoFault: Ask = async ({ simulator, member, clock }, wanted) => {
  await member.login();
  const receiving = member.book(wanted).catch(() => undefined);
  while (!simulator.record.requests['/api/book']) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(1_000);
  const received = await receiving;
  const made = simulator.reservations(wanted.classId).length;
  if (!received) return { answer: 'broken', made };
  const { status, text } = received;
  return { answer: `${status} ${text.slice(0, 15)}`, made };
};

/** Books a class without waiting for the answer. @returns whether later requests overtake the booking. */
export const bookIntoSilence: Ask = async ({ simulator, member }, wanted) => {
  await member.login();
  const received = member.book(wanted).catch(() => 'broken');
  while (simulator.record.bookings.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const first = await Promise.race([received, member.whoAmI()]);
  return { answer: Array.isArray(first) ? 'none' : 'some', made: simulator.reservations(wanted.classId).length };
};
