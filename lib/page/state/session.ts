import { signal } from '@preact/signals';
import { bearer, call, whenSignedOut } from './api.ts';
import { forget, keep, readKept } from './kept.ts';
import { unsubscribeHere } from './push.ts';

/** Who is signed in on this browser. The password is never part of it. */
export type SignedIn = {
  readonly accessToken: string;
  readonly email: string;
  readonly fingerprint: string;
};

export const signedIn = signal<SignedIn | null>(null);

/** Whether the server, and not the member, has ended the session. */
export const wasSignedOut = signal(false);

/** What else has to be cleared when nobody is signed in any more. */
const clearing: (() => void)[] = [];
export const whenCleared = (run: () => void): void => {
  clearing.push(run);
};

export async function restoreSession(): Promise<void> {
  const kept = await readKept<SignedIn>('session');
  if (kept) become(kept);
}

/** @throws ApiError if AimHarder refuses the password, or cannot be asked. */
export async function signIn(email: string, password: string, keepCredentials: boolean): Promise<void> {
  const fingerprint = await deviceFingerprint();
  const deviceName = describeDevice(navigator.userAgent);
  // `false` would forget a password that another device has asked to keep.
  const body = { email, password, fingerprint, deviceName, ...(keepCredentials && { keepCredentials }) };
  const { accessToken, session } = await call('POST /v1/login', { body });
  const next = { accessToken, email: email.trim().toLowerCase(), fingerprint: session.fingerprint };
  await keep('session', next);
  wasSignedOut.value = false;
  become(next);
}

/** Signs in once more, because what the member wants to do needs a fresh sign-in. @throws ApiError as `signIn` does. */
export const signInAgain = (password: string): Promise<void> => signIn(signedIn.value?.email ?? '', password, false);

/** Signs out on this device, or on all of them. The server's own session, which books, stays. */
export async function signOut(where: 'here' | 'everywhere'): Promise<void> {
  const fingerprint = signedIn.value?.fingerprint;
  const body = where === 'here' && fingerprint !== undefined ? { fingerprint } : {};
  await call('POST /v1/logout', { body });
  await unsubscribeHere();
  await clear();
}

/** Clears the bearer and everything that was kept for this member. */
export async function clear(): Promise<void> {
  bearer.value = null;
  signedIn.value = null;
  for (const run of clearing) run();
  await forget('session', 'seen', 'people');
}

function become(session: SignedIn): void {
  bearer.value = session.accessToken;
  signedIn.value = session;
}

whenSignedOut(() => {
  wasSignedOut.value = true;
  void clear();
});

/** Finds the name by which AimHarder tells this browser from others, or makes one. */
async function deviceFingerprint(): Promise<string> {
  const kept = await readKept<string>('device');
  if (kept !== undefined) return kept;
  const made = `page-${[...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  await keep('device', made);
  return made;
}

const SYSTEMS = ['iPhone', 'iPad', 'Android', 'Windows', 'Macintosh', 'Linux'];
const BROWSERS = ['Edg', 'Firefox', 'OPR', 'Chrome', 'Safari'];
const NAMES: Readonly<Record<string, string>> = { Macintosh: 'Mac', Edg: 'Edge', OPR: 'Opera' };

/** Names a device as its member would: "Android · Chrome". */
const describeDevice = (userAgent: string): string =>
  [SYSTEMS, BROWSERS]
    .flatMap((words) => words.find((word) => userAgent.includes(word)) ?? [])
    .map((word) => NAMES[word] ?? word)
    .join(' · ') || 'Navegador';
