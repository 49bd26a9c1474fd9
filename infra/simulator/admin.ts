import * as z from 'zod/mini';
import type { SimulatorControl } from './control.ts';
import { decodeOptions } from './decode-options.ts';
import { Fault } from './faults.ts';
import { AddClass, ChangeClass } from './timetable.ts';
import { json, NOT_FOUND, parseJsonObject, type Reply } from './wire.ts';

/** The arguments of `SimulatorControl.failNext`. `skip` and `classId` are `PlanOptions`. */
const PlannedFault = z.object({
  path: z.string(),
  fault: Fault,
  times: z._default(z.number(), 1),
  skip: z.optional(z.number()),
  classId: z.optional(z.string()),
});

const ClassReference = z.object({ classId: z.string() });

const SessionFilter = z.object({ email: z.optional(z.string()), fingerprint: z.optional(z.string()) });

type AdminPage = (control: SimulatorControl, query: URLSearchParams, body: unknown) => object;

/** The pages at `/_gym`, by method and path. With them, tests control a simulator in another process. */
const PAGES: Readonly<Record<string, AdminPage>> = {
  'GET /clock': ({ now }) => ({ now: now() }),
  'GET /record': ({ record }) => record,
  'GET /reservations': ({ reservations }, query) => reservations(query.get('classId') ?? ''),
  'GET /competitors': ({ competitors }, query) => competitors(query.get('classId') ?? ''),
  'GET /next-rolling-class': ({ nextRollingClass }, query) => nextRollingClass(Number(query.get('offset') ?? 0)),
  'POST /classes': ({ addClass }, _query, body) => addClass(AddClass.parse(body)),
  'POST /classes/change': ({ changeClass }, _query, body) =>
    changeClass(ClassReference.parse(body).classId, ChangeClass.parse(body)),
  'POST /classes/double': ({ doubleClass }, _query, body) => doubleClass(ClassReference.parse(body).classId),
  'POST /sessions/end': ({ endSession }, _query, body) => {
    endSession(SessionFilter.parse(body));
    return {};
  },
  'POST /switches': ({ set }, _query, body) => {
    set(decodeOptions(body));
    return {};
  },
  'POST /faults': ({ failNext }, _query, body) => {
    const { path, fault, times, skip, classId } = PlannedFault.parse(body);
    failNext(path, fault, times, { skip, classId });
    return {};
  },
};

/** Creates a function that answers the requests at `/_gym`: 404 for an unknown page, 400 with the error if a request fails. */
export const createAdminPages =
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
