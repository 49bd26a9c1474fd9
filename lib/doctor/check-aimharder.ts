import type { Logger } from '../platform/logger.ts';
import { alarmReason } from './alarm-reason.ts';
import type { Examination } from './examine.ts';
import type { Login } from './login-facts.ts';

export type CheckDeps = {
  /** Reads the account of the check. @throws Error that holds no part of the account. */
  readonly readAccount: () => Promise<Login>;
  readonly examine: (login: Login) => Promise<Examination>;
  /** Raises the alarm, with its reason. */
  readonly raiseAlarm: (reason: string) => Promise<void>;
  readonly knownChanges: ReadonlySet<string>;
  readonly logger: Logger;
};

/**
 * Checks whether AimHarder still works as this service assumes, and logs each fact. If a fact has changed, or AimHarder cannot be
 * checked, raises the alarm with the reason, and fails.
 *
 * @returns how many facts have been checked.
 * @throws Error with the alarm's reason. The alarm counts failed runs, so it rings until a run succeeds.
 */
export async function checkAimHarder(deps: CheckDeps): Promise<{ readonly facts: number }> {
  const { facts, reason } = await findReason(deps);
  if (reason === undefined) return { facts };
  try {
    await deps.raiseAlarm(reason);
  } catch (error) {
    // The alarm rings anyway, because this run fails. Only its reason does not name the facts then, but the log does.
    deps.logger.error('alarm-not-raised', error);
  }
  throw new Error(reason);
}

/** Examines AimHarder and logs each fact. @returns how many facts were checked, and the reason for the alarm, if there is one. */
async function findReason({ readAccount, examine, knownChanges, logger }: CheckDeps) {
  try {
    const examination = await examine(await readAccount());
    for (const { fact, verdict, found } of examination.findings) logger.info('fact-checked', { fact, verdict, found });
    return { facts: examination.findings.length, reason: alarmReason(examination, knownChanges) };
  } catch (error) {
    logger.error('unexpected-error', error);
    return {
      facts: 0,
      reason: `AimHarder could not be checked: ${error instanceof Error ? error.message : typeof error}`,
    };
  }
}
