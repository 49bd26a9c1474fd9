import * as z from 'zod/mini';
import { Competitors } from './catalogue.ts';
import { FaultRate } from './faults.ts';
import { DEFAULTS, type SimulatorOptions, type Switches } from './switches.ts';

const Rule = z.readonly(
  z.union([
    z.object({ unit: z.enum(['days', 'hours']), amount: z.number() }),
    z.object({ daysBefore: z.number(), time: z.string() }),
    z.object({ weekday: z.number(), time: z.string() }),
  ]),
);

const Path = z.object({
  outboundMs: z.number(),
  inboundMs: z.number(),
  jitterMedianMs: z.number(),
  jitterSigma: z.number(),
});

const BIT = z.literal([1, 0]);

/** The simulator's options in JSON. `SimulatorOptions` and `Switches` say what each option means. */
const Options = z.partial(
  z.object({
    port: z.number(),
    statePath: z.string(),
    seed: z.number(),
    generation: z.literal([2025, 2026, 'both']),
    formSuccess: z.enum(['iframe', 'redirect']),
    loginTrap: z.nullable(z.enum(['no-cookie', 'cookie-only'])),
    cookieDomain: z.nullable(z.string()),
    tokenUpdate: z.enum(['present', '400', '404', '405', 'error', 'html']),
    nextBookings: z.enum(['present', 'public', '404', 'html']),
    tokenUpdateCookies: z.enum(['balancer', 'all']),
    oldTokenLifeMs: z.number(),
    typeDrift: z.boolean(),
    hiddenUntilOpen: z.boolean(),
    timetableLagMs: z.number(),
    rule: Rule,
    boxRules: z.record(z.string(), Rule),
    memberRules: z.record(z.string(), Rule),
    language: z.enum(['es', 'ca', 'en']),
    skewMs: z.number(),
    path: Path,
    pathPerConnection: z.nullable(z.object({ minMs: z.number(), maxMs: z.number() })),
    answerMs: z.object({ min: z.number(), max: z.number() }),
    fileMs: z.number(),
    keepAliveMs: z.nullable(z.number()),
    idleAnswer: z.boolean(),
    wrongPassword: z.enum(['401', '200']),
    seatState: BIT,
    waitState: BIT,
    waitlistNeedsInsist: z.boolean(),
    competitors: Competitors,
    sessionIdleMs: z.number(),
    keptAliveBy: z.enum(['use', 'tokenUpdate']),
    sameFingerprintEndsFirst: z.boolean(),
    logoutEnds: z.enum(['one', 'all']),
    date: z.enum(['exact', 'missing', 'cached', 'stale']),
    dateAheadMs: z.number(),
    servers: z.array(z.number()),
    gateBiasMs: z.number(),
    sameHour: z.enum(['start', 'overlap']),
    dailyLimit: z.nullable(z.number()),
    contractLimit: z.nullable(z.number()),
    unpaid: z.boolean(),
    noCredit: z.boolean(),
    outOfTariff: z.array(z.string()),
    closesBeforeMs: z.number(),
    lateCancelMs: z.number(),
    lockAfter: z.nullable(z.number()),
    members: z.nullable(z.array(z.string())),
    tooEarlyState: z.literal([-12, -4]),
    refusesAddress: z.nullable(z.literal([403, 429])),
    faultRates: z.array(FaultRate),
  } satisfies Readonly<Record<keyof Switches | 'port' | 'statePath', z.ZodMiniType>>),
);

/** Parses options from JSON text; none if there is no text. @throws Error if it is not JSON, and as `decodeOptions` does. */
export const parseOptions = (text: string | undefined): SimulatorOptions => decodeOptions(JSON.parse(text || '{}'));

/** Decodes options. @throws Error if they are not a JSON object, or if a switch is unknown or has a wrong value. */
export function decodeOptions(options: unknown): SimulatorOptions {
  if (typeof options !== 'object' || options === null) throw new Error('the options must be a JSON object');
  const known = [...Object.keys(DEFAULTS), 'port', 'statePath'];
  const unknownName = Object.keys(options).find((name) => !known.includes(name));
  if (unknownName !== undefined) throw new Error(`no switch named ${unknownName}`);
  const decoded = Options.safeParse(options);
  if (decoded.success) return decoded.data;
  const [issue] = decoded.error.issues;
  throw new Error(`a wrong value for ${issue?.path.join('.')}: ${issue?.message}`);
}
