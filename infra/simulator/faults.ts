import type { Random } from './random.ts';

/** Faults that need no more than their name. */
export const SIMPLE_FAULTS = [
  /** Break the connection before doing anything, or after having done it. */
  'reset',
  'reset-after',
  /** Breaks the connection at once, and does it a second and a half later. */
  'reset-late',
  /** Never answer, before doing anything, or after having done it. */
  'silent',
  'silent-after',
  /** A page with 200, nothing done. */
  'html',
  /** Does it, and sends half the answer. */
  'truncated',
  'huge',
  'redirect',
  'logout',
  'too-early',
] as const;

export type Fault =
  | { readonly kind: (typeof SIMPLE_FAULTS)[number] }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'slow'; readonly ms: number }
  /** Answers this, word for word, and does nothing: codes that nobody has seen, or sheer nonsense. */
  | {
      readonly kind: 'answer';
      readonly body: string;
      readonly status?: number | undefined;
      readonly contentType?: string | undefined;
    };

/** @property path such as `/api/book`; null: any. @property rate of the requests there, from 0 to 1. */
export type FaultRate = { readonly path: string | null; readonly fault: Fault; readonly rate: number };

/** Faults that only spoil the answer: what was asked for is done. */
export const isCarriedOut = ({ kind }: Fault): boolean =>
  kind === 'reset-after' || kind === 'silent-after' || kind === 'slow' || kind === 'truncated';

/** @property skip how many requests are spared before. @property classId spares the bookings of all other classes. */
export type PlanOptions = { readonly skip?: number | undefined; readonly classId?: string | undefined };

type Planned = { readonly fault: Fault; readonly classId: string | undefined; skip: number; times: number };

/** The next requests at a path that go wrong, and those that do by chance. */
export function faultPlan(random: Random, rates: () => readonly FaultRate[]) {
  const plans = new Map<string, readonly Planned[]>();

  function planned(path: string, classId: string | undefined): Fault | undefined {
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

  const byChance = (path: string): Fault | undefined =>
    rates().find((one) => (one.path === null || one.path === path) && random() < one.rate)?.fault;

  return {
    /** @param times 0 takes back whatever was planned for the path. */
    plan(path: string, fault: Fault, times: number, { skip = 0, classId }: PlanOptions = {}): void {
      if (times === 0) plans.delete(path);
      else plans.set(path, [...(plans.get(path) ?? []), { fault, classId, skip, times }]);
    },

    /** The fault that a request at the path meets. @param classId the class that it wants to book, if it does. */
    take: (path: string, classId?: string): Fault | undefined => planned(path, classId) ?? byChance(path),
  };
}

export type FaultPlan = ReturnType<typeof faultPlan>;
