export type Fault =
  | { readonly kind: 'status'; readonly status: number }
  /** Breaks the connection before doing anything, or after having done it. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'reset-after' }
  /** Does it, and never answers. */
  | { readonly kind: 'silent-after' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** A page with 200, nothing done. */
  | { readonly kind: 'html' }
  /** Does it, and sends half the answer. */
  | { readonly kind: 'truncated' }
  | { readonly kind: 'huge' }
  | { readonly kind: 'redirect' }
  | { readonly kind: 'logout' }
  | { readonly kind: 'too-early' };

/** Faults that only spoil the answer: what was asked for is done. */
export const isDoneAnyway = ({ kind }: Fault): boolean =>
  ['reset-after', 'silent-after', 'slow', 'truncated'].includes(kind);

type Planned = { readonly fault: Fault; skip: number; times: number };

/** The next requests at a path that go wrong. */
export function faultPlan() {
  const plans = new Map<string, readonly Planned[]>();
  return {
    /** @param times 0 takes back whatever was planned for the path. */
    plan(path: string, fault: Fault, times: number, { skip = 0 }: { readonly skip?: number | undefined } = {}): void {
      if (times === 0) plans.delete(path);
      else plans.set(path, [...(plans.get(path) ?? []), { fault, skip, times }]);
    },

    /** The fault that a request at the path meets. */
    take(path: string): Fault | undefined {
      const [next, ...later] = plans.get(path) ?? [];
      if (!next) return undefined;
      if (next.skip > 0) {
        next.skip -= 1;
        return undefined;
      }
      next.times -= 1;
      if (next.times === 0) plans.set(path, later);
      return next.fault;
    },
  };
}

export type FaultPlan = ReturnType<typeof faultPlan>;
