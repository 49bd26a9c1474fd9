import type { Instant } from '../../lib/platform/clock.ts';
import { hashNumber } from './random.ts';
import type { Switches } from './switches.ts';

export type SimulatedBox = {
  readonly box: string;
  readonly boxId: string;
  readonly name: string;
  readonly timezone: string;
};

/** Every member belongs to both. */
export const BOXES: readonly [SimulatedBox, SimulatedBox] = [
  { box: 'crossfit-demo', boxId: '9001', name: 'CrossFit Demo', timezone: 'Europe/Madrid' },
  { box: 'box-tenerife', boxId: '9002', name: 'Box Tenerife', timezone: 'Atlantic/Canary' },
];

export const DEMO = {
  email: 'demo@example.com',
  password: 'demo-password',
  box: BOXES[0].box,
  boxId: BOXES[0].boxId,
  /** Every member may also book for one of the family, by this id. */
  familyId: '77',
} as const;

export const findBox = (box: string): SimulatedBox | undefined => BOXES.find((known) => known.box === box);

export type Member = { readonly email: string; readonly id: number; readonly name: string };

/** How long an e-mail stays locked after its last wrong login, in milliseconds. */
const LOCK = 15 * 60_000;

export const normalizeEmail = (email: string): string => email.trim().toLowerCase();

export const memberOf = (email: string): Member => ({
  email,
  id: 1_000_000 + hashNumber(email),
  name: email.split('@')[0] ?? email,
});

/** What whoami and the login tell of a member. */
export const describeMember = (email: string) => {
  const { id, name } = memberOf(email);
  const roles = BOXES.map(({ box, boxId, name: gym }) => ({
    boid: Number(boxId),
    centre_url: `${box}.aimharder.com`,
    gym,
    role: 'client',
  }));
  return { id, name, roles };
};

export type Credentials = { readonly email: string; readonly password: string };

/** Who may log in, and who has tried too often. */
export function memberDesk() {
  const wrong = new Map<string, { count: number; lockedUntil: Instant }>();

  function isMember({ email, password }: Credentials, members: Switches['members']): boolean {
    const listed = members === null || members.map(normalizeEmail).includes(email);
    return listed && /^[^@\s]+@[^@\s]+$/.test(email) && password === DEMO.password;
  }

  return {
    check(credentials: Credentials, { members, lockAfter }: Switches, now: Instant): 'welcome' | 'wrong' | 'locked' {
      const { email } = credentials;
      const tries = wrong.get(email) ?? { count: 0, lockedUntil: 0 };
      if (now < tries.lockedUntil) return 'locked';
      if (isMember(credentials, members)) {
        wrong.delete(email);
        return 'welcome';
      }
      const count = tries.count + 1;
      const locked = lockAfter !== null && count >= lockAfter;
      wrong.set(email, { count: locked ? 0 : count, lockedUntil: locked ? now + LOCK : 0 });
      return 'wrong';
    },
  };
}

export type Members = ReturnType<typeof memberDesk>;
