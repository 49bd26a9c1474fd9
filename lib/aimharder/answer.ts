import { parseJson } from '../platform/json.ts';
import type { Exchange } from './transport.ts';
import { AddressRefused, refusesAddress, UpstreamFailure } from './upstream-failure.ts';
import { isLogout } from './wire.ts';

/** AimHarder has ended a session (README, "What ends a session"). The request has done nothing, so it may be sent again. */
export class LoggedOut extends UpstreamFailure {
  constructor() {
    super('upstream-rejected', 'AimHarder has ended the session.', { mayHaveTakenEffect: false });
  }
}

/** Checks the status. @throws UpstreamFailure upstream-rejected unless it is 200. */
export function requireOk({ status }: Exchange): void {
  if (status !== 200) throw failureOfStatus(status);
}

/** Reads the body of an answer with status 200. @throws UpstreamFailure upstream-rejected unless it is JSON. */
export function readJson(answer: Exchange): unknown {
  requireOk(answer);
  const json = parseJson(answer.body);
  if (json === undefined) throw notUnderstood('no JSON');
  return json;
}

/** Checks whether an answer's JSON reports that the session is dead (README, "What ends a session"). */
export const hasLogout = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && 'logout' in json && isLogout(json.logout);

/** Creates the failure for an answer with an unusable status. */
export const failureOfStatus = (status: number): UpstreamFailure =>
  refusesAddress(status) ? new AddressRefused(status) : notUnderstood(`status ${status}`);

/** Creates the failure for an answer of unknown form. @param form a short description that quotes nothing of the answer. */
export function notUnderstood(form: string): UpstreamFailure {
  return new UpstreamFailure('upstream-rejected', `AimHarder gave an answer that is not understood (${form}).`, {
    mayHaveTakenEffect: true,
  });
}
