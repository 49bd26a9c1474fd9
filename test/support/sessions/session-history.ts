import fc from 'fast-check';

export const DEVICES = ['phone-12345', 'tablet-12345'] as const;
/** `false-logout`: tokenUpdate answers `logout:1`, but whoami names the member. */
export type Upstream = 'updated' | 'logout' | 'false-logout' | 'timeout' | 'whoami';
export type Step =
  | { readonly kind: 'login'; readonly device: string }
  | { readonly kind: 'logout'; readonly device: string | undefined }
  | { readonly kind: 'begin-refresh'; readonly device: string | undefined; readonly upstream: Upstream }
  /** The wheel refreshes a session by its key. */
  | { readonly kind: 'wheel'; readonly device: string | undefined; readonly upstream: Upstream }
  /** A firing reserves the background session that it has read earlier. */
  | { readonly kind: 'reserve' }
  | { readonly kind: 'answer'; readonly which: number }
  | { readonly kind: 'end-background'; readonly confirmed: boolean }
  /** A week passes and the clean-up runs. A login may come between its search and its deletions. */
  | { readonly kind: 'week'; readonly login: string | undefined };

const anyDevice = fc.constantFrom(...DEVICES);
const refreshOf = <Kind extends 'begin-refresh' | 'wheel'>(kind: Kind) =>
  fc.record({
    kind: fc.constant(kind),
    device: fc.option(anyDevice, { nil: undefined }),
    upstream: fc.constantFrom<Upstream>('updated', 'updated', 'logout', 'false-logout', 'timeout', 'whoami'),
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('login' as const), device: anyDevice }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('logout' as const), device: fc.option(anyDevice, { nil: undefined }) }),
  },
  { weight: 6, arbitrary: refreshOf('begin-refresh') },
  { weight: 3, arbitrary: refreshOf('wheel') },
  { weight: 1, arbitrary: fc.constant({ kind: 'reserve' as const }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('answer' as const), which: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end-background' as const), confirmed: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('week' as const), login: fc.option(anyDevice, { nil: undefined }) }),
  },
);
/** Generates what happens to the sessions of one member. */
export const history = fc.array(step, { minLength: 3, maxLength: 25, size: 'max' });
