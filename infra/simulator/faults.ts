import * as z from 'zod/mini';
import type { Random } from './random.ts';

/** Faults without parameters. */
export const SIMPLE_FAULTS = [
  /** Breaks the connection: `reset` does not carry out the request, `reset-after` does. */
  'reset',
  'reset-after',
  /** Breaks the connection at once, and carries out the request 1.5 s later. */
  'reset-late',
  /** Never answers: `silent` does not carry out the request, `silent-after` does. */
  'silent',
  'silent-after',
  /** Answers 200 with a page, and does not carry out the request. */
  'html',
  /** Carries out the request, and sends half of the answer. */
  'truncated',
  /**
   * Answers without carrying out the request. `huge`: with 5 MB. `redirect`: with a redirect to the login. `logout`: as for a dead
   * session. `too-early`: as before the opening.
   */
  'huge',
  'redirect',
  'logout',
  'too-early',
] as const;

export const Fault = z.readonly(
  z.union([
    /** Answers a page with this status. `carriedOut`: carries out the request first. `retryAfter`: the header, in seconds. */
    z.object({
      kind: z.literal('status'),
      status: z.number(),
      carriedOut: z.optional(z.boolean()),
      retryAfter: z.optional(z.number()),
    }),
    /** Carries out the request, and answers `ms` milliseconds later. */
    z.object({ kind: z.literal('slow'), ms: z.number() }),
    /** Answers exactly this, such as an unknown code or nonsense. `carriedOut`: carries out the request first. */
    z.object({
      kind: z.literal('answer'),
      body: z.string(),
      status: z.optional(z.number()),
      contentType: z.optional(z.string()),
      carriedOut: z.optional(z.boolean()),
    }),
    z.object({ kind: z.literal(SIMPLE_FAULTS) }),
  ]),
);
export type Fault = z.infer<typeof Fault>;

/** A random fault. `path`: such as `/api/book`; null for all. `rate`: the share of the path's requests that get it, from 0 to 1. */
export const FaultRate = z.readonly(z.object({ path: z.nullable(z.string()), fault: Fault, rate: z.number() }));
export type FaultRate = z.infer<typeof FaultRate>;

/**
 * Checks whether a request with this fault is carried out at once, so that only its answer is wrong. The server handles
 * `reset-late` separately.
 */
export function isCarriedOut(fault: Fault): boolean {
  if (fault.kind === 'status' || fault.kind === 'answer') return fault.carriedOut ?? false;
  return ['reset-after', 'silent-after', 'slow', 'truncated'].includes(fault.kind);
}

/** Checks whether the fault's own answer replaces the answer of a request that was carried out. */
export const hasOwnAnswer = ({ kind }: Fault): boolean => kind === 'status' || kind === 'answer';

/** @property skip how many requests pass before the first fault. @property classId limits the fault to bookings of this class. */
export type PlanOptions = { readonly skip?: number | undefined; readonly classId?: string | undefined };

/** A planned fault. `skip` and `times` count down: the requests that still pass, and those that still get the fault. */
type PlannedFault = { readonly fault: Fault; readonly classId: string | undefined; skip: number; times: number };

/** Creates a plan that decides which requests get a fault: the next requests at a path, and some requests at random. */
export function createFaultPlan(random: Random, rates: () => readonly FaultRate[]) {
  const plans = new Map<string, readonly PlannedFault[]>();

  function takePlanned(path: string, classId: string | undefined): Fault | undefined {
    const all = plans.get(path) ?? [];
    const next = all.find((plan) => plan.classId === undefined || plan.classId === classId);
    if (!next) return undefined;
    if (next.skip > 0) {
      next.skip -= 1;
      return undefined;
    }
    next.times -= 1;
    if (next.times === 0)
      plans.set(
        path,
        all.filter((plan) => plan !== next),
      );
    return next.fault;
  }

  const drawFault = (path: string): Fault | undefined =>
    rates().find((candidate) => (candidate.path === null || candidate.path === path) && random() < candidate.rate)
      ?.fault;

  return {
    /** Plans a fault. @param times how many requests get the fault; 0 removes the path's faults. */
    plan(path: string, fault: Fault, times: number, { skip = 0, classId }: PlanOptions = {}): void {
      if (times === 0) plans.delete(path);
      else plans.set(path, [...(plans.get(path) ?? []), { fault, classId, skip, times }]);
    },

    /**
     * Returns the fault of a request: the next planned fault of its path, which then counts as used, or else a random one.
     *
     * @param classId the class of a booking request.
     * @returns undefined if the request gets no fault.
     */
    take: (path: string, classId?: string): Fault | undefined => takePlanned(path, classId) ?? drawFault(path),
  };
}

export type FaultPlan = ReturnType<typeof createFaultPlan>;
