import type { Exchange, PreparedRequest, Transport } from '../aimharder/transport.ts';
import { refusesAddress, UpstreamFailure } from '../aimharder/upstream-failure.ts';
import { parseJson } from '../platform/json.ts';

/** An answer of AimHarder, with its body as JSON if it is JSON; or the code of the failure if there was no answer. */
export type DoctorAnswer = (Exchange & { readonly json: unknown }) | { readonly failed: string };

/** @property isRefusable whether AimHarder may refuse the request for what it is, such as one without a session. */
type AskOptions = { readonly isRefusable: boolean };

/** The options of a request that AimHarder may refuse for what it is. Its refusal says nothing about this machine's address. */
export const REFUSABLE: AskOptions = { isRefusable: true };

/** Sends a request once. */
export type Ask = (request: PreparedRequest, options?: AskOptions) => Promise<DoctorAnswer>;

/** Creates a function that sends a request once. If AimHarder fails, the failure is the answer. */
export const askOver =
  (transport: Transport, signal: AbortSignal): Ask =>
  async (request) => {
    try {
      const answer = await transport.exchange(request, signal);
      return { ...answer, json: parseJson(answer.body) };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UpstreamFailure) return { failed: error.code };
      throw error;
    }
  };

/** Describes an answer by its status and kind, without any of its content. */
export function describeForm(answer: DoctorAnswer): string {
  if ('failed' in answer) return answer.failed;
  const otherKind = /^\s*</.test(answer.body) ? 'a page' : 'neither JSON nor a page';
  const form = `status ${answer.status} with ${answer.json === undefined ? otherKind : 'JSON'}`;
  return refusesThisAddress(answer) ? `AimHarder, or a proxy in front of it, refuses this address: ${form}` : form;
}

/** Checks whether an answer refuses the address of this machine (lib/aimharder/README.md, "Limits and blocks"). */
export const refusesThisAddress = (answer: DoctorAnswer): boolean =>
  !('failed' in answer) && refusesAddress(answer.status);

/** Checks whether AimHarder fails or refuses this address. Such an answer proves nothing about the protocol. */
export const isOutage = (answer: DoctorAnswer): boolean =>
  'failed' in answer || answer.status >= 500 || refusesThisAddress(answer);

/** Returns the name of a field, a cookie or an error, unless the name looks like data, which must not reach the report. */
export const redactName = (name: string): string => (/^[A-Za-z_]{1,30}$/.test(name) ? name : 'another kind of name');

/** Returns the fields of a JSON object; none for any other value. */
export function toFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}
