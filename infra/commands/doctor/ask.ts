import type { Exchange, Prepared, Transport } from '../../../lib/aimharder/transport.ts';
import { UpstreamFailure } from '../../../lib/aimharder/upstream-failure.ts';
import { parseJson } from '../../../lib/platform/json.ts';

/** An answer, or why there was none. */
export type DoctorAnswer = (Exchange & { readonly json: unknown }) | { readonly failed: string };

export type Ask = (request: Prepared) => Promise<DoctorAnswer>;

/** Asks once, and takes whatever comes back for a fact. */
export const askOver =
  (wire: Transport, signal: AbortSignal): Ask =>
  async (request) => {
    try {
      const answer = await wire.exchange(request, signal);
      return { ...answer, json: parseJson(answer.body) };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UpstreamFailure) return { failed: error.code };
      throw error;
    }
  };

/** What an answer looks like from outside, without a word of its content. */
export function describeForm(asked: DoctorAnswer): string {
  if ('failed' in asked) return asked.failed;
  const kind = asked.json !== undefined ? 'JSON' : /^\s*</.test(asked.body) ? 'a page' : 'neither JSON nor a page';
  return `status ${asked.status} with ${kind}`;
}

/** AimHarder itself is in trouble, or blocks this machine: its answer says nothing about how it works. */
export const isOutage = (asked: DoctorAnswer): boolean =>
  'failed' in asked || asked.status >= 500 || asked.status === 429 || asked.status === 403;

/** A name that AimHarder gave to a field, a cookie or an error; should it ever carry data instead, that stays here. */
export const redactName = (name: string): string => (/^[A-Za-z_]{1,30}$/.test(name) ? name : 'another kind of name');

/** The JSON object of an answer; an empty one when there is none. */
export function toFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}
