import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { originsFrom } from '../../../lib/aimharder/origins.ts';
import { examine } from '../../../lib/doctor/examine.ts';
import { MINUTE } from '../../../lib/platform/clock.ts';
import { toIso } from '../../../lib/platform/dynamodb.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import { formatReport, formatSummary, formatTable, toExitCode } from './report.ts';
import { askForLogin } from './terminal.ts';

/** How long the whole examination may take, in milliseconds. */
const EXAMINATION_TIMEOUT = 5 * MINUTE;

/** `npm run doctor [-- --report file.json]`: checks whether AimHarder still works as this service assumes. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { report: { type: 'string', default: 'doctor-report.json' } } });
  const origins = originsFrom(process.env);
  const login = await askForLogin(process.stdin, process.stdout);
  console.log(`Asking ${new URL(origins.origin).host}; this takes half a minute, and books nothing.\n`);
  const examination = await examine({ origins, login, clock, signal: AbortSignal.timeout(EXAMINATION_TIMEOUT) });
  console.log(`${formatTable(examination.findings)}\n\n${formatSummary(examination)}`);
  await writeFile(values.report, formatReport(examination, toIso(clock.now())));
  console.log(`\nReport, without any data of yours: ${resolve(values.report)}`);
  return toExitCode(examination);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : 'AimHarder could not be asked.');
  // As for facts that could not be checked (`toExitCode`).
  process.exitCode = 2;
}
