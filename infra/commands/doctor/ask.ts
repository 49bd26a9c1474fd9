import type { Exchange, Prepared, Transport } from '../../../lib/aimharder/transport.ts';
import { refusesAddress, UpstreamFailure } from '../../../lib/aimharder/upstream-failure.ts';
import { parseJson } from '../../../lib/platform/json.ts';

/** An answer, or why there was none. */
export type DoctorAnswer = (Exchange & { readonly json: unknown }) | { readonly failed: string };

export type Ask = (request: Prepared) => Promise<DoctorAnswer>;

/** Returns a function that sends a request once. A failure of AimHarder's is an answer too. */
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

/** Describes an answer by its status and kind, without a word of its content. */
export function describeForm(asked: DoctorAnswer): string {
  if ('failed' in asked) return asked.failed;
  const kind = asked.json !== undefined ? 'JSON' : /^\s*</.test(asked.body) ? 'a page' : 'neither JSON nor a page';
  const form = `status ${asked.status} with ${kind}`;
  return isRefusal(asked) ? `AimHarder, or what is in front of it, refuses this address: ${form}` : form;
}

/** Tells whether an answer refuses the address of this machine (lib/aimharder/README.md, "Limits and blocks"). */
export const isRefusal = (asked: DoctorAnswer): boolean => !('failed' in asked) && refusesAddress(asked.status);

/** Tells whether AimHarder is in trouble, or this address is refused: then the answer proves nothing about how AimHarder works. */
export const isOutage = (asked: DoctorAnswer): boolean => 'failed' in asked || asked.status >= 500 || isRefusal(asked);

/** Returns the name of a field, a cookie or an error, unless it looks like data: data must not reach the report. */
export const redactName = (name: string): string => (/^[A-Za-z_]{1,30}$/.test(name) ? name : 'another kind of name');

/** Returns the fields of a JSON object; none for any other value. */
export function toFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}
