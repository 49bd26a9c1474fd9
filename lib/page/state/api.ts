import { signal } from '@preact/signals';
import type { Operations, Problem } from '../api-types.ts';
import { browserNow } from '../browser-clock.ts';
import type { ProblemCode } from '../texts/codes.ts';
import { learnServerTime, serverNow } from './server-clock.ts';

export type Route = keyof Operations;
export type Answer<Name extends Route> = Operations[Name]['answer'];

/** Why a request failed. */
export type Failure = { readonly kind: 'offline' } | Refusal;
export type Refusal = {
  readonly kind: 'refused';
  readonly status: number;
  /** Null if a gateway, and not the service, has answered. */
  readonly code: ProblemCode | null;
  /** On the server's clock, in milliseconds since the epoch; null if the answer states no wait. */
  readonly retryAt: number | null;
};

class ApiError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}

/**
 * A part of a route's input. It is not allowed if the route has none (its type admits `undefined`), optional if all of its fields are
 * (its type admits an empty object), and otherwise required.
 */
type Part<Name extends string, Value> = undefined extends Value
  ? { readonly [Key in Name]?: undefined }
  : Record<never, never> extends Value
    ? { readonly [Key in Name]?: Value }
    : { readonly [Key in Name]: Value };
type Input<Name extends Route> = Part<'path', Operations[Name]['path']> &
  Part<'query', Operations[Name]['query']> &
  Part<'body', Operations[Name]['body']>;

/** The input of any route, without the types of its fields. */
type AnyInput = {
  readonly path?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
};

/** The access token of the member who is signed in; null if nobody is. */
export const bearer = signal<string | null>(null);

/** Grows whenever the access token is forgotten: what is answered to a request of an earlier generation is dropped (`call`). */
let tokenGeneration = 0;

/** Forgets the access token. Answers that arrive later to requests of this member are dropped. */
export function forgetBearer(): void {
  bearer.value = null;
  tokenGeneration += 1;
}

/** Whether the last request failed because there was no network. */
export const isOffline = signal(false);

/** Runs when the server no longer accepts the access token. */
let onSignedOut: () => void = () => undefined;

/** Sets what runs when the server no longer accepts the access token. */
export const whenSignedOut = (run: () => void): void => {
  onSignedOut = run;
};

/**
 * Calls a route of the API. If the member is signed out meanwhile, the promise stays pending, because the next member must see
 * neither the answer nor the failure, and no action of the earlier member may go on.
 *
 * @throws ApiError if there is no network, or the server refuses.
 */
export async function call<Name extends Route>(route: Name, input: Input<Name>): Promise<Answer<Name>> {
  const generation = tokenGeneration;
  try {
    return await exchange(route, input);
  } finally {
    if (tokenGeneration !== generation) await new Promise(() => undefined);
  }
}

async function exchange<Name extends Route>(route: Name, input: Input<Name>): Promise<Answer<Name>> {
  const token = bearer.value;
  const response = await send(route, input, token);
  if (!response.ok) {
    const failure = await readFailure(response);
    // A wrong password ends no session, and an answer to an older token says nothing about the current one.
    const isEnded = failure.status === 401 && failure.code !== 'invalid-credentials';
    if (isEnded && token !== null && token === bearer.value) onSignedOut();
    throw new ApiError(failure);
  }
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

async function send(route: string, { path = {}, query = {}, body }: AnyInput, token: string | null): Promise<Response> {
  // A route is a method and a pattern, such as `DELETE /v1/prebookings/{id}`.
  const [method = 'GET', pattern = '/'] = route.split(' ');
  const url = pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
  const sentAt = browserNow();
  try {
    const response = await fetch(search.size > 0 ? `${url}?${search}` : url, {
      method,
      cache: 'no-store',
      credentials: 'omit',
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    learnServerTime(response.headers.get('date'), sentAt, browserNow());
    isOffline.value = false;
    return response;
  } catch {
    isOffline.value = true;
    throw new ApiError({ kind: 'offline' });
  }
}

async function readFailure(response: Response): Promise<Refusal> {
  // A date instead of seconds gives NaN too, and counts as no wait.
  const waitSeconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const problem: Partial<Problem> = await response.json().catch(() => ({}));
  return {
    kind: 'refused',
    status: response.status,
    code: problem.code ?? null,
    retryAt: Number.isNaN(waitSeconds) ? null : serverNow() + waitSeconds * 1_000,
  };
}

/** Converts a thrown value to a failure. An error of the page counts as one of the server, so that the page offers a retry. */
export const failureFrom = (error: unknown): Failure =>
  error instanceof ApiError ? error.failure : { kind: 'refused', status: 500, code: null, retryAt: null };
