import * as z from 'zod/mini';
import type { SimulatorControl } from './control.ts';
import { SIMPLE_FAULTS } from './faults.ts';
import { decodeOptions } from './switches.ts';
import { json, NOT_FOUND, parseJsonObject, type Reply } from './wire.ts';

const ClassWire = z.object({
  box: z.optional(z.string()),
  opensInMs: z.optional(z.number()),
  opensAt: z.optional(z.union([z.number(), z.string()])),
  startsInMs: z.optional(z.number()),
  day: z.optional(z.string()),
  time: z.optional(z.string()),
  capacity: z.optional(z.number()),
  waitlist: z.optional(z.number()),
  name: z.optional(z.string()),
  competitors: z.optional(z.number()),
  fillMs: z.optional(z.number()),
  cancelled: z.optional(z.boolean()),
  staffOnly: z.optional(z.boolean()),
});

const FaultWire = z.object({
  path: z.string(),
  fault: z.union([
    z.object({ kind: z.literal('status'), status: z.number() }),
    z.object({ kind: z.literal('slow'), ms: z.number() }),
    z.object({
      kind: z.literal('answer'),
      body: z.string(),
      status: z.optional(z.number()),
      contentType: z.optional(z.string()),
    }),
    z.object({ kind: z.literal(SIMPLE_FAULTS) }),
  ]),
  times: z._default(z.number(), 1),
  skip: z.optional(z.number()),
  classId: z.optional(z.string()),
});

const ChosenWire = z.object({ email: z.optional(z.string()), fingerprint: z.optional(z.string()) });

type AdminPage = (control: SimulatorControl, query: URLSearchParams, body: unknown) => object;

/** The simulator's own levers over HTTP, for when it runs in a process of its own. */
const PAGES: Readonly<Record<string, AdminPage>> = {
  'GET /clock': ({ now }) => ({ now: now() }),
  'GET /record': ({ record }) => record,
  'GET /reservations': ({ reservations }, query) => reservations(query.get('classId') ?? ''),
  'GET /competitors': ({ competitors }, query) => competitors(query.get('classId') ?? ''),
  'GET /next-rolling-class': ({ nextRollingClass }, query) => nextRollingClass(Number(query.get('offset') ?? 0)),
  'POST /classes': ({ addClass }, _query, body) => addClass(ClassWire.parse(body)),
  'POST /sessions/end': ({ endSession }, _query, body) => {
    endSession(ChosenWire.parse(body));
    return {};
  },
  'POST /switches': ({ set }, _query, body) => {
    set(decodeOptions(body));
    return {};
  },
  'POST /faults': ({ failNext }, _query, body) => {
    const { path, fault, times, skip, classId } = FaultWire.parse(body);
    failNext(path, fault, times, { skip, classId });
    return {};
  },
};

export const adminPages =
  (control: SimulatorControl) =>
  (method: string, path: string, query: URLSearchParams, body: string): Reply => {
    const page = PAGES[`${method} ${path}`];
    if (!page) return NOT_FOUND;
    try {
      return json(page(control, query, parseJsonObject(body) ?? {}));
    } catch (error) {
      return json({ error: error instanceof Error ? error.message : 'refused' }, { status: 400 });
    }
  };
