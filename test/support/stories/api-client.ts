import { expect } from 'vitest';
import { type Answer, expectDescribed } from '../infra/described.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Creates a client of the API over HTTP, like a member's app. It checks every answer against the API's description. */
export function apiClient(url: string, accessToken?: string) {
  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = { status: response.status, headers: response.headers, text, body: jsonOf(text) };
    expectDescribed(method, path, answer);
    return answer;
  }

  return {
    call,
    get: (path: string) => call('GET', path),
    head: (path: string) => call('HEAD', path),
    post: (path: string, body: unknown = {}) => call('POST', path, body),
    put: (path: string, body: unknown = {}) => call('PUT', path, body),
    patch: (path: string, body: unknown) => call('PATCH', path, body),
    delete: (path: string, body?: unknown) => call('DELETE', path, body),
    as: (token: string) => apiClient(url, token),
  };
}

export type ApiClient = ReturnType<typeof apiClient>;

/**
 * Sends a request again as long as the answer of AimHarder (504) or of the database (503) comes too late, because a slow machine
 * plays both of them slowly.
 */
export async function untilAnswered(send: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await send();
    if (answer.status !== 503 && answer.status !== 504) return answer;
  }
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}

/** Asserts a problem answer of RFC 9457 with that status and code. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, code: answer.body['code'], type: answer.headers.get('content-type') }).toEqual({
    status,
    code,
    type: 'application/problem+json',
  });
  expect(answer.body).toMatchObject({
    status,
    title: expect.any(String),
    detail: expect.any(String),
    type: expect.any(String),
  });
}
