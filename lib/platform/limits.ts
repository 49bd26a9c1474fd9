import { MINUTE, SECOND } from './clock.ts';

/** How many actions a member may take at once, and after how many milliseconds one more action is free. */
export type Allowance = { readonly atOnce: number; readonly everyMs: number };

/**
 * The limits of one member, and those of wrong passwords. The table in lib/http/README.md ("Limits") has the same numbers, and a
 * test compares them.
 */
export const LIMITS = {
  /** Requests with an access token. Three devices that each send one request a second stay below this limit. */
  requests: { atOnce: 300, everyMs: SECOND / 5 },
  /** Orders, bookings and cancellations: what may reach AimHarder. */
  orders: { atOnce: 30, everyMs: 6 * SECOND },
  /** Test messages: each goes to all receivers of the member, up to 20 browsers among them. */
  tests: { atOnce: 5, everyMs: MINUTE },
  /** Logins with the right password: each is two logins at AimHarder. */
  logins: { atOnce: 40, everyMs: 30 * SECOND },
  /** Device sessions of a member: the login of a 21st device ends the oldest one. The background session does not count. */
  deviceSessions: 20,
  wrongPasswords: {
    /** The time in which the attempts below are counted. */
    windowMs: 15 * MINUTE,
    /** For one e-mail, from one address or one known device. */
    perOrigin: 5,
    /** For one e-mail, from all addresses and devices that are not known. */
    perEmail: 20,
    /** From one address, for all e-mails that have no session here. */
    perAddress: 20,
    /** How many logins without an answer from AimHarder are allowed for each allowed wrong password. */
    unansweredForEach: 4,
  },
} as const satisfies {
  readonly requests: Allowance;
  readonly orders: Allowance;
  readonly tests: Allowance;
  readonly logins: Allowance;
  readonly deviceSessions: number;
  readonly wrongPasswords: Readonly<Record<string, number>>;
};
