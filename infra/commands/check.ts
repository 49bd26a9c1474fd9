import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { openApiDocument } from '../catalog/openapi/document.ts';
import { describeInTypeScript } from '../catalog/openapi/typescript.ts';

/** Types of the service, and of the members' page; style and structure; unused exports. */
const CHECKS = [['tsc'], ['tsc', '-p', 'lib/page'], ['biome', 'check', '--error-on-warnings'], ['knip']];

/** The types of the API that the members' page is compiled with. */
const PAGE_TYPES = 'lib/page/api-types.ts';

type Ended = { readonly command: string; readonly failed: boolean; readonly output: string };

/**
 * `npm run check`: runs the checks concurrently. If a command is given, such as that of the tests, runs it at the same time, and
 * shows its output first and then that of the checks. Fails if any of them fails.
 */
async function main(tests: readonly string[]): Promise<boolean> {
  writePageTypes();
  const checks = CHECKS.map((command) => run(command, 'kept'));
  const tested = tests.length === 0 ? undefined : await run(tests, 'shown');
  const ended = await Promise.all(checks);
  for (const { command, failed, output } of ended) {
    console.log(failed ? styleText('red', `✗ ${command}`) : `✓ ${command}`);
    if (failed) console.log(output);
  }
  return ![...ended, tested].some((one) => one?.failed);
}

/** Writes the page's types of the API anew, so that the page is checked against the description as it is now. */
function writePageTypes(): void {
  const types = describeInTypeScript(openApiDocument());
  if (!existsSync(PAGE_TYPES) || readFileSync(PAGE_TYPES, 'utf8') !== types) writeFileSync(PAGE_TYPES, types);
}

/** Runs a command whose output is shown at once, or kept for its end. */
function run([file = '', ...args]: readonly string[], printed: 'shown' | 'kept'): Promise<Ended> {
  const command = [file, ...args].join(' ');
  const env = process.stdout.isTTY ? { ...process.env, FORCE_COLOR: '1' } : process.env;
  const stdio = printed === 'shown' ? ('inherit' as const) : ('pipe' as const);
  // On Windows, npm's commands are scripts, which only a shell starts.
  const child = spawn(file, args, { env, stdio, shell: process.platform === 'win32' });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    const end = (failed: boolean, more = '') =>
      resolve({ command, failed, output: Buffer.concat(chunks).toString('utf8') + more });
    child.on('error', ({ message }) => end(true, message));
    child.on('close', (code) => end(code !== 0));
  });
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
