import fc from 'fast-check';
import { DAY, HOUR, MINUTE } from '../../../lib/platform/clock.ts';
import { REFRESH_LOCK_TTL } from '../../../lib/sessions/session.ts';
import { SALT } from './session-world.ts';

export const SALTS = [SALT, 'another-salt'] as const;
export const DEVICES = ['phone-12345', 'tablet-12345'] as const;
/** `dies`: the caller's process dies while it waits for the answer. */
export type Upstream = 'updated' | 'logout' | 'timeout' | 'whoami' | 'dies';
export type Which = (typeof DEVICES)[number] | 'background';
export type Act =
  | { readonly act: 'login'; readonly device: string; readonly salt: string }
  | { readonly act: 'logout'; readonly device: string | undefined }
  | {
      readonly act: 'refresh' | 'wheel';
      readonly which: Which;
      readonly upstream: Upstream;
      readonly relogin: Upstream;
      readonly again: boolean;
    }
  /** A request uses a session, and is refused if the token is not AimHarder's newest. */
  | { readonly act: 'use'; readonly which: Which }
  | { readonly act: 'reserve'; readonly forMs: number }
  | { readonly act: 'end-background'; readonly confirmed: boolean }
  | { readonly act: 'clean-up' }
  /** The member changes the password at AimHarder and has it kept; has it kept again; has it deleted. */
  | { readonly act: 'change-password' | 'keep' | 'forget' }
  | { readonly act: 'time'; readonly passes: number };

const upstream = fc.constantFrom<Upstream>(
  'updated',
  'updated',
  'logout',
  'logout',
  'logout',
  'timeout',
  'whoami',
  'dies',
);
const which = fc.constantFrom<Which>('background', 'background', 'background', DEVICES[0]);
const one = <Kind extends Act['act'], Rest>(kind: Kind, rest: { [Name in keyof Rest]: fc.Arbitrary<Rest[Name]> }) =>
  fc.record({ act: fc.constant(kind), ...rest });
const asking = {
  which,
  upstream,
  relogin: fc.constantFrom<Upstream>('updated', 'timeout'),
  // A schedule may be delivered twice.
  again: fc.boolean(),
};
const ACTS = [
  {
    weight: 4,
    arbitrary: one('login', { device: fc.constantFrom(...DEVICES), salt: fc.constantFrom(SALTS[0], ...SALTS) }),
  },
  { weight: 4, arbitrary: one('refresh', asking) },
  { weight: 4, arbitrary: one('wheel', asking) },
  { weight: 2, arbitrary: one('logout', { device: fc.option(fc.constantFrom(...DEVICES), { nil: undefined }) }) },
  { weight: 3, arbitrary: one('use', { which }) },
  { weight: 2, arbitrary: one('reserve', { forMs: fc.constantFrom(MINUTE, 2 * MINUTE, 9 * DAY) }) },
  { weight: 1, arbitrary: one('end-background', { confirmed: fc.boolean() }) },
  { weight: 2, arbitrary: one('clean-up', {}) },
  { weight: 1, arbitrary: one('change-password', {}) },
  { weight: 1, arbitrary: one('keep', {}) },
  { weight: 1, arbitrary: one('forget', {}) },
  {
    weight: 3,
    arbitrary: one('time', { passes: fc.constantFrom(REFRESH_LOCK_TTL + 1, REFRESH_LOCK_TTL + 1, HOUR / 2, 8 * DAY) }),
  },
] as const;
const KINDS = [
  'login',
  'refresh',
  'wheel',
  'logout',
  'use',
  'reserve',
  'end-background',
  'clean-up',
  'change-password',
  'keep',
  'forget',
  'time',
] as const;

/** Generates a story: its acts, their order, and which requests are sent twice. @param kinds all kinds of acts by default. */
export const storyOf = (kinds: readonly Act['act'][] = KINDS) =>
  fc.record({
    acts: fc.array(
      fc.oneof(...ACTS.filter((_, index) => kinds.includes(KINDS[index] ?? 'time'))) as fc.Arbitrary<Act>,
      {
        minLength: 3,
        maxLength: 10,
        size: 'max',
      },
    ),
    choices: fc.array(fc.nat({ max: 59 }), { minLength: 10, maxLength: 80, size: 'max' }),
    twice: fc.array(fc.constantFrom(false, false, false, true), { minLength: 1, maxLength: 7 }),
  });
export type Story = ReturnType<typeof storyOf> extends fc.Arbitrary<infer T> ? T : never;
