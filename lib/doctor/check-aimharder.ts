import type { Logger } from '../platform/logger.ts';
import { alarmReason } from './alarm-reason.ts';
import type { Examination } from './examine.ts';
import type { Login } from './login-facts.ts';

export type CheckDeps = {
  /** Reads the e-mail and the password that the check logs in with. @throws Error that holds no part of the account. */
  readonly readLogin: () => Promise<Login>;
  readonly examine: (login: Login) => Promise<Examination>;
  /** Raises the alarm, with its reason. */
  readonly raiseAlarm: (reason: string) => Promise<void>;
  /** The names of changed facts that the operator knows already. Such a change raises no alarm. */
  readonly knownChanges: ReadonlySet<string>;
  readonly logger: Logger;
};

/**
 * Checks whether AimHarder still works as this service assumes, and logs each fact. If there is a reason for the alarm
 * (`alarmReason`), or AimHarder cannot be checked, raises the alarm and fails.
 *
 * @returns how many facts have been checked.
 * @throws Error with the alarm's reason. The alarm counts failed runs, so it rings until a run succeeds.
 */
export async function checkAimHarder(deps: CheckDeps): Promise<{ readonly facts: number }> {
  const { facts, reason } = await examineAndLog(deps);
  if (reason === undefined) return { facts };
  try {
    await deps.raiseAlarm(reason);
  } catch (error) {
    // The alarm rings anyway, because this run fails. But then only the log names the facts, not the alarm's reason.
    deps.logger.error('alarm-not-raised', error);
  }
  throw new Error(reason);
}

/** Examines AimHarder and logs each fact. @returns how many facts were checked, and the reason for the alarm, if there is one. */
async function examineAndLog({ readLogin, examine, knownChanges, logger }: CheckDeps) {
  try {
    const examination = await examine(await readLogin());
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
