import { signal } from '@preact/signals';
import { bearer, call, forgetBearer, whenSignedOut } from './api.ts';
import { forget, keep, readKept } from './kept.ts';
import { unsubscribeHere } from './push.ts';

/** The member who is signed in on this browser. The page never keeps the password. */
export type SignedIn = {
  readonly accessToken: string;
  readonly email: string;
  readonly fingerprint: string;
};

export const signedIn = signal<SignedIn | null>(null);

/** Whether the server, and not the member, has ended the session. */
export const wasSignedOut = signal(false);

const clearCallbacks: (() => void)[] = [];

/** Registers what else is cleared when the member is signed out. */
export const whenCleared = (run: () => void): void => {
  clearCallbacks.push(run);
};

export async function restoreSession(): Promise<void> {
  const kept = await readKept<SignedIn>('session');
  if (kept) setSession(kept);
}

/** What the page keeps for one member only. */
type OwnKey = 'seen' | 'people';

/** Keeps a value for the member who is signed in. Never rejects. */
export const keepForMember = (key: OwnKey, value: unknown): Promise<void> =>
  keep(key, { email: signedIn.value?.email, value });

/**
 * Reads a value that was kept for the member who is signed in. Another member may have used the page in another tab.
 *
 * @returns undefined if there is none, or if another member's was kept.
 */
export async function readKeptForMember<Value>(key: OwnKey): Promise<Value | undefined> {
  const kept = await readKept<{ readonly email: string | undefined; readonly value: Value }>(key);
  return kept && kept.email === signedIn.value?.email ? kept.value : undefined;
}

/** How many logins of the member are in flight. */
let signIns = 0;

/** Signs in. @throws ApiError if AimHarder refuses the password, or cannot be asked. */
export async function signIn(email: string, password: string, keepCredentials: boolean): Promise<void> {
  const fingerprint = await deviceFingerprint();
  const deviceName = describeDevice(navigator.userAgent);
  // `false` would delete a password that another device has asked to keep, so the field is left out.
  const body = { email, password, fingerprint, deviceName, ...(keepCredentials && { keepCredentials }) };
  signIns += 1;
  const { accessToken, session } = await call('POST /v1/login', { body }).finally(() => {
    signIns -= 1;
  });
  const next = { accessToken, email: email.trim().toLowerCase(), fingerprint: session.fingerprint };
  wasSignedOut.value = false;
  // Before it is kept: a 401 to the old token then says nothing about this session.
  setSession(next);
  await keep('session', next);
}

/** Signs in again, because an action of the member needs a recent sign-in. @throws ApiError as `signIn` does. */
export const signInAgain = (password: string): Promise<void> => signIn(signedIn.value?.email ?? '', password, false);

/** Signs out on this device, or on all devices. The background session, which books, stays. */
export async function signOut(where: 'here' | 'everywhere'): Promise<void> {
  const fingerprint = signedIn.value?.fingerprint;
  // Without a fingerprint, the route signs out all devices.
  const body = where === 'here' && fingerprint !== undefined ? { fingerprint } : {};
  await call('POST /v1/logout', { body });
  // Clears at once. Otherwise a request with the old token gets a 401, and the page says that the server has ended the session.
  const cleared = clearSession();
  await Promise.all([cleared, unsubscribeHere()]);
}

/** Clears the access token and everything that was kept for this member. */
export async function clearSession(): Promise<void> {
  forgetBearer();
  // The answers to logins of this member are dropped, so they would never be counted down.
  signIns = 0;
  signedIn.value = null;
  for (const run of clearCallbacks) run();
  await forget('session', 'seen', 'people');
}

function setSession(session: SignedIn): void {
  bearer.value = session.accessToken;
  signedIn.value = session;
}

// The server ends the old session before it answers a login. So a 401 during a login is no sign-out.
whenSignedOut(() => {
  if (signIns === 0) void leaveEndedSession();
});

/** Clears the session that the server has ended. If another tab has signed in since, loads the page again with that session. */
async function leaveEndedSession(): Promise<void> {
  const ended = signedIn.value?.accessToken;
  forgetBearer();
  const kept = await readKept<SignedIn>('session');
  if (kept && kept.accessToken !== ended) return location.reload();
  wasSignedOut.value = true;
  await clearSession();
}

/** Finds the fingerprint by which AimHarder tells this browser from others, or makes a new one. */
async function deviceFingerprint(): Promise<string> {
  const kept = await readKept<string>('device');
  if (kept !== undefined) return kept;
  const bytes = [...crypto.getRandomValues(new Uint8Array(12))];
  const made = `page-${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  await keep('device', made);
  return made;
}

/** Words in a browser's user agent, the more specific first: Chrome's also contains "Safari", and Android's "Linux". */
const SYSTEMS = ['iPhone', 'iPad', 'Android', 'Windows', 'Macintosh', 'Linux'];
const BROWSERS = ['Edg', 'Firefox', 'OPR', 'Chrome', 'Safari'];
/** What members call a system or a browser, if its word in the user agent is another. */
const NAMES: Readonly<Record<string, string>> = { Macintosh: 'Mac', Edg: 'Edge', OPR: 'Opera' };

/** Names a device as its member would: "Android · Chrome"; "Navegador" (browser) if nothing is recognised. */
const describeDevice = (userAgent: string): string =>
  [SYSTEMS, BROWSERS]
    .flatMap((words) => words.find((word) => userAgent.includes(word)) ?? [])
    .map((word) => NAMES[word] ?? word)
    .join(' · ') || 'Navegador';
