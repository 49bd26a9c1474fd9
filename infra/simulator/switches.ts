import type { Clock } from '../../lib/platform/clock.ts';
import type { Competitors } from './catalogue.ts';
import type { FaultRate } from './faults.ts';

/** When a box opens its classes: some time before each class, some days before at a fixed time, or weekly for the next week. */
export type BoxRule =
  | { readonly unit: 'days' | 'hours'; readonly amount: number }
  | { readonly daysBefore: number; readonly time: string }
  /** @property weekday 1 is Monday, 7 Sunday. @property time `HH:MM` on the box's wall clock. */
  | { readonly weekday: number; readonly time: string };

/**
 * The network between a client and the simulator. Requests take `inboundMs` to the simulator, and answers take `outboundMs` back.
 * Each direction also has a log-normal jitter.
 */
export type Path = {
  readonly outboundMs: number;
  readonly inboundMs: number;
  readonly jitterMedianMs: number;
  readonly jitterSigma: number;
};

/**
 * The switches of the simulator: one for each behaviour of AimHarder that is unknown or differs between boxes
 * (lib/aimharder/README.md, "Open questions", "Precautions").
 */
export type Switches = {
  /** Decides all that is random: the same seed gives the same classes, competitors, delays and faults. */
  readonly seed: number;
  /** Which login exists. For some weeks of 2026 both existed (lib/aimharder/README.md, "Login"). */
  readonly generation: 2025 | 2026 | 'both';
  /** How the form login of 2025 answers a right password. */
  readonly formSuccess: 'iframe' | 'redirect';
  /** A JSON login that fails but looks like a success: `authOK` without the cookie, or the cookie without `authOK`. */
  readonly loginTrap: 'no-cookie' | 'cookie-only' | null;
  /** The session cookie's domain. A strict client drops a cookie for a domain that is not this machine's. */
  readonly cookieDomain: string | null;
  /**
   * Whether AimHarder has `tokenUpdate` (lib/aimharder/README.md, "tokenUpdate"); if not, how it answers the request. `400` and
   * `error`: an error in JSON, with the status 400 or 200.
   */
  readonly tokenUpdate: 'present' | '400' | '404' | '405' | 'error' | 'html';
  /**
   * Whether AimHarder has the list of a member's own bookings (lib/aimharder/README.md, "Next bookings"); if not, how it answers
   * the request. `public`: without a live session, the list is answered like the timetable, as if nothing were booked.
   */
  readonly nextBookings: 'present' | 'public' | '404' | 'html';
  /** Which cookies `tokenUpdate` sets: the balancer's pair, or the session's cookie as well. */
  readonly tokenUpdateCookies: 'balancer' | 'all';
  /**
   * How long an older token or cookie is still accepted after a newer one was issued, in milliseconds (lib/aimharder/README.md,
   * "How long a session lives").
   */
  readonly oldTokenLifeMs: number;
  /** Whether rows contain numbers as text, nulls, and additional fields (lib/aimharder/README.md, "Types drift"). */
  readonly typeDrift: boolean;
  /** Whether the timetable hides a class until its bookings open. */
  readonly hiddenUntilOpen: boolean;
  /**
   * How long after a booking or a cancellation the member's timetable still shows the earlier state, in milliseconds
   * (lib/aimharder/README.md, "Lost answers").
   */
  readonly timetableLagMs: number;
  /** The opening rule of all boxes that are not in `boxRules`. */
  readonly rule: BoxRule;
  /** Opening rules of single boxes, by subdomain. */
  readonly boxRules: Readonly<Record<string, BoxRule>>;
  /** Opening rules of tariffs, which override the box's. The key is a member's `<e-mail>`, or `<e-mail> <familyId>` for a relative. */
  readonly memberRules: Readonly<Record<string, BoxRule>>;
  readonly language: 'es' | 'ca' | 'en';
  /** How far the simulator's clock is ahead of this machine's, in milliseconds. */
  readonly skewMs: number;
  readonly path: Path;
  /** If set, each connection draws `inboundMs` and `outboundMs` from this range, instead of those of `path`. */
  readonly pathPerConnection: { readonly minMs: number; readonly maxMs: number } | null;
  /** How long AimHarder works on a request below `/api/`, in milliseconds. Files take `fileMs`, other pages no time. */
  readonly answerMs: { readonly min: number; readonly max: number };
  /** How long AimHarder works on a file before it writes `Date`, in milliseconds: 0 for a static file. */
  readonly fileMs: number;
  /** How long a connection may be idle before AimHarder closes it, in milliseconds; null: AimHarder does not close it. */
  readonly keepAliveMs: number | null;
  /** Whether AimHarder answers 408, without a request, before it closes an idle connection. */
  readonly idleAnswer: boolean;
  /** The status of the JSON login's answer to a wrong password. */
  readonly wrongPassword: '401' | '200';
  /**
   * The `bookState` of an answer that gave a seat, and of one that gave a place on the waitlist. AimHarder's 0 and 1 do not
   * reliably tell them apart (lib/aimharder/README.md, "Seat or waitlist").
   */
  readonly seatState: 1 | 0;
  readonly waitState: 1 | 0;
  /** Whether a booking without `insist=1` of a full class is answered with -1 (lib/aimharder/README.md, "insist"). */
  readonly waitlistNeedsInsist: boolean;
  /** The competitors of generated classes; an added class has none by default. */
  readonly competitors: Competitors;
  /** How long a session may be unused before it ends, in milliseconds. */
  readonly sessionIdleMs: number;
  /** Which requests count as a use of a session: any request, or only `tokenUpdate`. */
  readonly keptAliveBy: 'use' | 'tokenUpdate';
  /** Whether a second login with the same fingerprint ends the first session. */
  readonly sameFingerprintEndsFirst: boolean;
  /** Whether a logout ends only the request's session, or all sessions of the member. */
  readonly logoutEnds: 'one' | 'all';
  /** The `Date` header. `cached`: an old `Date` with `Age`. `stale`: an old `Date` without `Age`. */
  readonly date: 'exact' | 'missing' | 'cached' | 'stale';
  /** How far `Date` is ahead of the clock that opens bookings, in milliseconds. */
  readonly dateAheadMs: number;
  /** The clocks of the servers behind the balancer, relative to the simulator's, in milliseconds. */
  readonly servers: readonly number[];
  /** How long after the stated opening bookings are really accepted, in milliseconds. */
  readonly gateBiasMs: number;
  /** Which booking of a member prevents another: a booking with the same start, or any booking whose hours overlap. */
  readonly sameHour: 'start' | 'overlap';
  /** How many bookings a member may have on one day; null: any number. */
  readonly dailyLimit: number | null;
  /** How many bookings a member may have in total; null: any number. */
  readonly contractLimit: number | null;
  /** Whether bookings are refused because the member has not paid. */
  readonly unpaid: boolean;
  /** Whether bookings are refused because the member has no credit left. */
  readonly noCredit: boolean;
  /** Names of classes that the member's tariff does not include. */
  readonly outOfTariff: readonly string[];
  /** How long before the start of a class its bookings close, in milliseconds. */
  readonly closesBeforeMs: number;
  /** How long before a class a cancellation begins to cost the credit, in milliseconds. */
  readonly lateCancelMs: number;
  /** How many wrong logins lock an e-mail; null: an e-mail is never locked. */
  readonly lockAfter: number | null;
  /** The e-mails of all members; null: every e-mail belongs to a member. */
  readonly members: readonly string[] | null;
  /** The `bookState` of "too early". -4 is an older form. */
  readonly tooEarlyState: -12 | -4;
  /** The status with which a proxy in front of AimHarder refuses every request from this address; null: no request is refused. */
  readonly refusesAddress: 403 | 429 | null;
  /** Random faults. The first that applies to a request wins. The same seed chooses the same requests. */
  readonly faultRates: readonly FaultRate[];
};

export type SimulatorOptions = { readonly [Name in keyof Switches]?: Switches[Name] | undefined } & {
  /** 0 or absent: any free port. */
  readonly port?: number | undefined;
  /** A SQLite file that keeps the state. Without one, the state is lost when the simulator stops. */
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
  nextBookings: 'present',
  tokenUpdateCookies: 'balancer',
  oldTokenLifeMs: 30 * 60_000,
  typeDrift: false,
  hiddenUntilOpen: false,
  timetableLagMs: 0,
  rule: { unit: 'days', amount: 4 },
  boxRules: {},
  memberRules: {},
  language: 'es',
  skewMs: 0,
  path: { outboundMs: 0, inboundMs: 0, jitterMedianMs: 0, jitterSigma: 0 },
  pathPerConnection: null,
  answerMs: { min: 0, max: 0 },
  fileMs: 0,
  keepAliveMs: null,
  idleAnswer: false,
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
  dateAheadMs: 0,
  servers: [0],
  gateBiasMs: 0,
  sameHour: 'start',
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
  refusesAddress: null,
  faultRates: [],
};

export const findRule = ({ rule, boxRules }: Switches, box: string): BoxRule => boxRules[box] ?? rule;

/** Copies switches with some changes. An undefined value changes nothing; options that are no switches are ignored. */
export function withChanges(switches: Switches, changes: SimulatorOptions): Switches {
  const changed = Object.entries(changes).filter(([name, value]) => name in DEFAULTS && value !== undefined);
  return { ...switches, ...Object.fromEntries(changed) };
}
