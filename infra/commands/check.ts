import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { openApiDocument } from '../catalog/openapi/document.ts';
import { describeInTypeScript } from '../catalog/openapi/typescript.ts';

/** The commands that check the types of the service and of the members' page, the style, and unused exports. */
const CHECKS = [['tsc'], ['tsc', '-p', 'lib/page'], ['biome', 'check', '--error-on-warnings'], ['knip']];

/** The file with the types of the API, which the members' page is compiled with. */
const PAGE_TYPES = 'lib/page/api-types.ts';

type Result = { readonly command: string; readonly hasFailed: boolean; readonly output: string };

/**
 * `npm run check`: runs the checks concurrently.
 *
 * @param testCommand the command of the tests, which only `npm test` passes. The tests run at the same time as the checks, and
 *   their output is shown first.
 * @returns whether all have succeeded.
 */
async function main(testCommand: readonly string[]): Promise<boolean> {
  writePageTypes();
  const checks = CHECKS.map((command) => run(command, 'collect'));
  const testResult = testCommand.length === 0 ? undefined : await run(testCommand, 'show');
  const results = await Promise.all(checks);
  for (const { command, hasFailed, output } of results) {
    console.log(hasFailed ? styleText('red', `✗ ${command}`) : `✓ ${command}`);
    if (hasFailed) console.log(output);
  }
  return !testResult?.hasFailed && results.every(({ hasFailed }) => !hasFailed);
}

/** Writes the types of the API again if they have changed, so that the page is checked against the current description. */
function writePageTypes(): void {
  const types = describeInTypeScript(openApiDocument());
  if (!existsSync(PAGE_TYPES) || readFileSync(PAGE_TYPES, 'utf8') !== types) writeFileSync(PAGE_TYPES, types);
}

/** Runs a command. @param outputMode shows the command's output at once, or collects it for the result. */
function run([program = '', ...args]: readonly string[], outputMode: 'show' | 'collect'): Promise<Result> {
  const command = [program, ...args].join(' ');
  // A command whose output goes into a pipe shows no colours by itself.
  const env = process.stdout.isTTY ? { ...process.env, FORCE_COLOR: '1' } : process.env;
  const stdio = outputMode === 'show' ? ('inherit' as const) : ('pipe' as const);
  // On Windows, npm's commands are scripts, which only a shell starts.
  const child = spawn(program, args, { env, stdio, shell: process.platform === 'win32' });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    const finish = (hasFailed: boolean, message = '') =>
      resolve({ command, hasFailed, output: Buffer.concat(chunks).toString('utf8') + message });
    child.on('error', ({ message }) => finish(true, message));
    child.on('close', (code) => finish(code !== 0));
  });
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
