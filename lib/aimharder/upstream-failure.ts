import { AppError } from '../platform/errors.ts';

/** AimHarder gave no usable answer. The message quotes nothing that was sent or received. */
export class UpstreamFailure extends AppError {
  override readonly name = 'UpstreamFailure';
  /** False only if AimHarder cannot have carried out the request. True also after an answer, unless that ends the session. */
  readonly mayHaveTakenEffect: boolean;

  constructor(
    code: 'upstream-unreachable' | 'upstream-timeout' | 'upstream-rejected',
    message: string,
    { mayHaveTakenEffect, ...options }: ErrorOptions & { readonly mayHaveTakenEffect: boolean },
  ) {
    super(code, message, options);
    this.mayHaveTakenEffect = mayHaveTakenEffect;
  }

  /** Names the failure in logs and in a session's item. */
  get reason(): string {
    return this.code;
  }
}

/** The `reason` of AddressRefused. Its code, upstream-rejected, does not distinguish it from an answer that is not understood. */
export const ADDRESS_REFUSED = 'address-refused';

/**
 * AimHarder, or a proxy in front of it, refuses our IP address: status 403 or 429, whatever the body is (README, "Limits and
 * blocks"). This is no sign that AimHarder's protocol has changed.
 */
export class AddressRefused extends UpstreamFailure {
  constructor(status?: number) {
    const seen = status === undefined ? '' : ` (status ${status})`;
    const message = `AimHarder, or a proxy in front of it, refuses this address${seen}.`;
    super('upstream-rejected', message, { mayHaveTakenEffect: true });
  }

  override get reason(): string {
    return ADDRESS_REFUSED;
  }
}

/** Checks whether an answer with this status refuses our IP address. */
export const refusesAddress = (status: number): boolean => status === 403 || status === 429;

/**
 * Converts an error of Node's HTTP client into an UpstreamFailure.
 *
 * @param isGivenUp whether this service has aborted the request, because the answer took too long.
 */
export function failureFrom(cause: unknown, isGivenUp: boolean, mayHaveTakenEffect: boolean): UpstreamFailure {
  if (cause instanceof UpstreamFailure) return cause;
  const options = { mayHaveTakenEffect, cause: withoutContent(cause) };
  if (isGivenUp) return new UpstreamFailure('upstream-timeout', 'AimHarder did not answer in time.', options);
  return new UpstreamFailure('upstream-unreachable', 'AimHarder cannot be reached.', options);
}

/** Keeps only the code of an error: an error of the HTTP parser may hold bytes of the answer. */
function withoutContent(cause: unknown): Error | undefined {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return code === undefined ? undefined : new Error(code);
}
