import { AppError } from '../platform/errors.ts';

/** AimHarder gave no usable answer. The message holds nothing that was sent or received. */
export class UpstreamFailure extends AppError {
  override readonly name = 'UpstreamFailure';
  /** False only when the request certainly never left. True also after an answer: the request may have taken effect. */
  readonly mayHaveBeenSent: boolean;

  constructor(
    code: 'upstream-unreachable' | 'upstream-timeout' | 'upstream-rejected',
    message: string,
    { mayHaveBeenSent, ...options }: ErrorOptions & { readonly mayHaveBeenSent: boolean },
  ) {
    super(code, message, options);
    this.mayHaveBeenSent = mayHaveBeenSent;
  }

  /** Names the failure in logs and in a session's item. */
  get reason(): string {
    return this.code;
  }
}

/** The reason of a refused address: its code, upstream-rejected, would not tell it from an answer that is not understood. */
export const ADDRESS_REFUSED = 'address-refused';

/**
 * AimHarder, or a proxy in front of it, refuses the IP address that our request came from: 403 or 429, whatever the body is
 * (README,
 * "Limits and blocks"). It is no sign that AimHarder's protocol has changed.
 */
export class AddressRefused extends UpstreamFailure {
  constructor(status?: number) {
    const seen = status === undefined ? '' : ` (status ${status})`;
    const message = `AimHarder, or a proxy in front of it, refuses this address${seen}.`;
    super('upstream-rejected', message, { mayHaveBeenSent: true });
  }

  override get reason(): string {
    return ADDRESS_REFUSED;
  }
}

/** Whether an answer with this status refuses the IP address that our request came from. */
export const refusesAddress = (status: number): boolean => status === 403 || status === 429;

/** Turns an error of Node's HTTP client into an UpstreamFailure. */
export function failureFrom(cause: unknown, givenUp: boolean, mayHaveBeenSent: boolean): UpstreamFailure {
  if (cause instanceof UpstreamFailure) return cause;
  const options = { mayHaveBeenSent, cause: withoutContent(cause) };
  if (givenUp) return new UpstreamFailure('upstream-timeout', 'AimHarder did not answer in time.', options);
  return new UpstreamFailure('upstream-unreachable', 'AimHarder cannot be reached.', options);
}

/** Keeps only the code of an error: one of the HTTP parser may carry bytes of the answer. */
function withoutContent(cause: unknown): Error | undefined {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return code === undefined ? undefined : new Error(code);
}
