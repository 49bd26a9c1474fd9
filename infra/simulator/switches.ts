import type { Clock } from '../../lib/platform/clock.ts';
import type { FaultRate } from './faults.ts';

/** When a box opens its classes: so long before each class, days before at a fixed time, or weekly for the week after. */
export type BoxRule =
  | { readonly unit: 'days' | 'hours'; readonly amount: number }
  | { readonly daysBefore: number; readonly time: string }
  /** @property weekday 1 is Monday, 7 Sunday. @property time `HH:MM` on the box's wall clock. */
  | { readonly weekday: number; readonly time: string };

/** Others who want the class: `count` of them book within `fillMs` after its opening. */
export type Competitors = { readonly count: number; readonly fillMs: number };

/**
 * The network in between. Directions are the simulator's: inbound is the request's way to it, outbound the answer's way back.
 * Each way also draws a log-normal jitter.
 */
export type Path = {
  readonly outboundMs: number;
  readonly inboundMs: number;
  readonly jitterMedianMs: number;
  readonly jitterSigma: number;
};

/**
 * What is unknown of AimHarder, or differs from box to box: each is a switch (lib/aimharder/README.md, "Open questions",
 * "Precautions").
 */
export type Switches = {
  readonly seed: number;
  /** Which login there is; for some weeks of 2026 there were both (lib/aimharder/README.md, "Login"). */
  readonly generation: 2025 | 2026 | 'both';
  /** How the form login of 2025 says yes. */
  readonly formSuccess: 'iframe' | 'redirect';
  /** A JSON login that looks like a success and is none: `authOK` without the cookie, or the cookie without `authOK`. */
  readonly loginTrap: 'no-cookie' | 'cookie-only' | null;
  /** Of the session's cookie. It is no domain of this machine's: who applies the rules of cookies to it, loses it here. */
  readonly cookieDomain: string | null;
  readonly tokenUpdate: 'present' | '404' | '405' | 'html';
  /** Which cookies `tokenUpdate` sets: the balancer's pair, or the session's too. */
  readonly tokenUpdateCookies: 'balancer' | 'all';
  /**
   * How long an older token or cookie is still taken after a newer one was issued (lib/aimharder/README.md,
   * "How long a session lives").
   */
  readonly oldTokenLifeMs: number;
  /** Numbers as text, nulls, and fields that come and go (lib/aimharder/README.md, "Types drift"). */
  readonly typeDrift: boolean;
  readonly hiddenUntilOpen: boolean;
  readonly rule: BoxRule;
  /** Boxes, by subdomain, that have a rule of their own. */
  readonly boxRules: Readonly<Record<string, BoxRule>>;
  readonly language: 'es' | 'ca' | 'en';
  readonly skewMs: number;
  readonly path: Path;
  /** Each connection draws its fixed part, each way, from this range, instead of `path`'s. */
  readonly pathPerConnection: { readonly minMs: number; readonly maxMs: number } | null;
  /** How long AimHarder's programs work on a request; files are served without work. */
  readonly answerMs: { readonly min: number; readonly max: number };
  readonly wrongPassword: '401' | '200';
  /**
   * What `bookState` says of a seat: AimHarder's 0 and 1 do not reliably tell a seat from the waitlist
   * (lib/aimharder/README.md, "Seat or waitlist").
   */
  readonly seatState: 1 | 0;
  readonly waitState: 1 | 0;
  /** A full class is -1 until asked for with `insist=1` (lib/aimharder/README.md, "insist"). */
  readonly waitlistNeedsInsist: boolean;
  /** For the generated timetable; added classes have none unless they say so. */
  readonly competitors: Competitors;
  readonly sessionIdleMs: number;
  /** What keeps a session from idling: whatever is asked with it, or `tokenUpdate` alone. */
  readonly keptAliveBy: 'use' | 'tokenUpdate';
  /** Whether a second login with the same fingerprint ends the first. */
  readonly sameFingerprintEndsFirst: boolean;
  readonly logoutEnds: 'one' | 'all';
  /** `cached` stands still with an `Age`, `stale` stands still without one. */
  readonly date: 'exact' | 'missing' | 'cached' | 'stale';
  /** The clocks of the servers behind the balancer, relative to the simulator's, in milliseconds. */
  readonly servers: readonly number[];
  /** The gate opens so much after the stated opening. */
  readonly gateBiasMs: number;
  /** Bookings a member may have on one day. */
  readonly dailyLimit: number | null;
  /** Bookings a member may have in all. */
  readonly contractLimit: number | null;
  readonly unpaid: boolean;
  readonly noCredit: boolean;
  /** Names of classes that the member's tariff does not include. */
  readonly outOfTariff: readonly string[];
  /** Bookings close so long before the class starts. */
  readonly closesBeforeMs: number;
  /** A cancellation later than this before the class costs the credit. */
  readonly lateCancelMs: number;
  /** Wrong logins before an e-mail is locked. */
  readonly lockAfter: number | null;
  /** The only members; null: anyone who knows the password. */
  readonly members: readonly string[] | null;
  /** The older form of "too early" is -4. */
  readonly tooEarlyState: -12 | -4;
  /** Faults that strike by chance, the same requests for the same seed. The first that strikes counts. */
  readonly faultRates: readonly FaultRate[];
};

export type SimulatorOptions = { readonly [Name in keyof Switches]?: Switches[Name] | undefined } & {
  /** 0 or absent: any free port. */
  readonly port?: number | undefined;
  /** A SQLite file that survives the process; in memory otherwise. */
  readonly statePath?: string | undefined;
  readonly clock?: Clock | undefined;
};

export const DEFAULTS: Switches = {
  seed: 1,
  generation: 2026,
  formSuccess: 'iframe',
  loginTrap: null,
  cookieDomain: '.aimharder.com',
  tokenUpdate: 'present',
  tokenUpdateCookies: 'balancer',
  oldTokenLifeMs: 30 * 60_000,
  typeDrift: false,
  hiddenUntilOpen: false,
  rule: { unit: 'days', amount: 4 },
  boxRules: {},
  language: 'es',
  skewMs: 0,
  path: { outboundMs: 0, inboundMs: 0, jitterMedianMs: 0, jitterSigma: 0 },
  pathPerConnection: null,
  answerMs: { min: 0, max: 0 },
  wrongPassword: '401',
  seatState: 1,
  waitState: 0,
  waitlistNeedsInsist: false,
  competitors: { count: 6, fillMs: 5_000 },
  sessionIdleMs: 30 * 60_000,
  keptAliveBy: 'use',
  sameFingerprintEndsFirst: false,
  logoutEnds: 'one',
  date: 'exact',
  servers: [0],
  gateBiasMs: 0,
  dailyLimit: null,
  contractLimit: null,
  unpaid: false,
  noCredit: false,
  outOfTariff: [],
  closesBeforeMs: 0,
  lateCancelMs: 90 * 60_000,
  lockAfter: null,
  members: null,
  tooEarlyState: -12,
  faultRates: [],
};

export const ruleOf = ({ rule, boxRules }: Switches, box: string): BoxRule => boxRules[box] ?? rule;

/** The switches with some of them thrown. What is undefined stays as it is. */
export function withChanges(switches: Switches, changes: SimulatorOptions): Switches {
  const known = Object.entries(changes).filter(([name, value]) => name in DEFAULTS && value !== undefined);
  return { ...switches, ...Object.fromEntries(known) };
}

/** @throws Error when it is no JSON object, or names a switch that there is not. */
export const parseOptions = (text: string | undefined): SimulatorOptions => decodeOptions(JSON.parse(text || '{}'));

/** @throws Error when it is no object, or names a switch that there is not. */
export function decodeOptions(options: unknown): SimulatorOptions {
  if (typeof options !== 'object' || options === null) throw new Error('the options are a JSON object');
  const known = [...Object.keys(DEFAULTS), 'port', 'statePath'];
  const stray = Object.keys(options).find((name) => !known.includes(name));
  if (stray !== undefined) throw new Error(`no switch named ${stray}`);
  // Whoever states them is the project itself; the names are checked for typing errors only.
  return options as SimulatorOptions;
}
