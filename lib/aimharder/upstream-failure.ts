import { AppError } from '../platform/errors.ts';

/** AimHarder gave no usable answer. The message holds nothing that was sent or received. */
export class UpstreamFailure extends AppError {
  override readonly name = 'UpstreamFailure';
  /** False only when the request certainly never left. Otherwise it may have taken effect. */
  readonly mayHaveBeenSent: boolean;

  constructor(
    code: 'upstream-unreachable' | 'upstream-timeout' | 'upstream-rejected',
    message: string,
    { mayHaveBeenSent, ...options }: ErrorOptions & { readonly mayHaveBeenSent: boolean },
  ) {
    super(code, message, options);
    this.mayHaveBeenSent = mayHaveBeenSent;
  }
}

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
