import type { Instant } from '../../lib/platform/clock.ts';
import { hashToNumber } from './random.ts';
import type { Switches } from './switches.ts';

export type SimulatedBox = {
  readonly box: string;
  readonly boxId: string;
  readonly name: string;
  readonly timezone: string;
};

/** Every member belongs to both boxes. */
export const BOXES: readonly [SimulatedBox, SimulatedBox] = [
  { box: 'crossfit-demo', boxId: '9001', name: 'CrossFit Demo', timezone: 'Europe/Madrid' },
  { box: 'box-tenerife', boxId: '9002', name: 'Box Tenerife', timezone: 'Atlantic/Canary' },
];

/** The member of the demo, and of most tests. All members have the same password. */
export const DEMO = {
  email: 'demo@example.com',
  password: 'demo-password',
  box: BOXES[0].box,
  boxId: BOXES[0].boxId,
  /** The id of a member's relative. A member may book for the relative, and every member has exactly one. */
  familyId: '77',
} as const;

export const findBox = (subdomain: string): SimulatedBox | undefined => BOXES.find(({ box }) => box === subdomain);

export type Member = { readonly email: string; readonly id: number; readonly name: string };

/** How long an e-mail is locked after too many wrong logins, in milliseconds. */
const LOCK_MS = 15 * 60_000;

export const normalizeEmail = (email: string): string => email.trim().toLowerCase();

export const buildMember = (email: string): Member => ({
  email,
  id: 1_000_000 + hashToNumber(email),
  name: email.split('@')[0] ?? email,
});

/** Describes a member in the form that the answers of whoami and of the login have. */
export const describeMember = (email: string) => {
  const { id, name } = buildMember(email);
  const roles = BOXES.map(({ box, boxId, name: gym }) => ({
    boid: Number(boxId),
    centre_url: `${box}.aimharder.com`,
    gym,
    role: 'client',
  }));
  return { id, name, roles };
};

export type Credentials = { readonly email: string; readonly password: string };

/** The failed logins of an e-mail. */
type Failures = { readonly count: number; readonly lockedUntil: Instant };

/** Checks whether a member has this e-mail and password. @param members null if every e-mail belongs to a member. */
function isMember({ email, password }: Credentials, members: Switches['members']): boolean {
  const listed = members === null || members.map(normalizeEmail).includes(email);
  return listed && /^[^@\s]+@[^@\s]+$/.test(email) && password === DEMO.password;
}

/** Checks passwords, and locks an e-mail after too many wrong ones. */
export class Members {
  readonly #failures = new Map<string, Failures>();

  /** Checks a password, and counts it if it is wrong. @param lockAfter null if no e-mail is ever locked. */
  check(credentials: Credentials, { members, lockAfter }: Switches, now: Instant): 'right' | 'wrong' | 'locked' {
    const { email } = credentials;
    const { count, lockedUntil } = this.#failures.get(email) ?? { count: 0, lockedUntil: 0 };
    if (now < lockedUntil) return 'locked';
    if (isMember(credentials, members)) {
      this.#failures.delete(email);
      return 'right';
    }
    const isLocked = lockAfter !== null && count + 1 >= lockAfter;
    this.#failures.set(
      email,
      isLocked ? { count: 0, lockedUntil: now + LOCK_MS } : { count: count + 1, lockedUntil: 0 },
    );
    return 'wrong';
  }
}
