import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDataFolder } from '../../../infra/local/data-folder.ts';

/** `npm start`'s own program, as a newcomer meets it. */
const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-main-'));
const dataDir = join(folder, 'data');
const children: ChildProcess[] = [];

let service: ChildProcess;
const printed: string[] = [];

function run(environment: Record<string, string>, argv: readonly string[] = []) {
  const child = spawn(process.execPath, ['infra/commands/start.ts', ...argv], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

/** What a start that is refused says, and its exit code. */
async function refused(environment: Record<string, string>, argv: readonly string[] = []) {
  const child = run(environment, argv);
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { said, code };
}

beforeAll(async () => {
  const child = run({ PORT: '0', DATA_DIR: dataDir });
  service = child;
  const said = text(child.stderr);
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line);
    if (line.startsWith('Ctrl-C')) break;
  }
  child.stdout.resume();
  if (child.exitCode !== null || port() === '') throw new Error(`It did not start: ${await said}`);
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const port = () => /^On the Dot +http:\/\/127\.0\.0\.1:(\d+)$/m.exec(printed.join('\n'))?.[1] ?? '';

test('the printed lines work when they are pasted into a shell', async () => {
  const lines = printed.filter((line) => /^(TOKEN=|curl )/.test(line));
  expect(lines).toHaveLength(3);
  // An interactive zsh, the default of macOS, takes no comments.
  expect(lines.filter((line) => line.includes('#'))).toEqual([]);

  const { stdout } = await promisify(execFile)('bash', ['-c', lines.join('\necho\n')]);

  const [classes, ordered] = stdout
    .trim()
    .split(/\n+/)
    .map((line) => JSON.parse(line));
  expect(classes).toMatchObject({ classes: expect.arrayContaining([expect.objectContaining({ name: 'DEMO WOD' })]) });
  expect(ordered).toMatchObject({ prebooking: { status: 'pending' } });
});

test('a second process on the same folder prints the reason and exits', async () => {
  const { said, code } = await refused({ PORT: '0', DATA_DIR: dataDir });

  expect(said).toBe(`Another On the Dot is running on ${dataDir}. Stop it, or set DATA_DIR to another folder.\n`);
  expect(code).toBe(1);
});

test.each([
  ['a port that is taken', () => ({ PORT: port() }), 'The port is in use. Set PORT to another port.\n'],
  ['a PORT that is not a number', () => ({ PORT: 'http' }), 'PORT must be a number from 0 to 65535, not http.\n'],
  [
    'one AimHarder origin of three',
    () => ({ PORT: '0', AIMHARDER_ORIGIN: 'http://127.0.0.1:1' }),
    'Set AIMHARDER_LOGIN_ORIGIN and AIMHARDER_BOX_ORIGIN too, or none of the three.\n',
  ],
  [
    'a HOST beyond this machine, and nobody named who may log in',
    () => ({ PORT: '0', HOST: '0.0.0.0', ALLOWED_EMAILS: '' }),
    'With HOST=0.0.0.0 other machines can reach this service, and anybody could log in. Set ALLOWED_EMAILS to those who may, such as ALLOWED_EMAILS=you@example.com, or do not set HOST.\n',
  ],
])('a start with %s is refused in one sentence', async (_name, environment, sentence) => {
  expect(await refused({ DATA_DIR: join(folder, 'other'), ...environment() })).toEqual({ said: sentence, code: 1 });
});

/** A shutdown that takes longer waits for something that it should have closed. */
const SHUTDOWN_HANGS_AFTER = 60_000;

test('a data folder of the simulated AimHarder is refused by --live', async () => {
  const simulated = join(folder, 'simulated');
  openDataFolder(simulated, 'simulated')();

  const { said, code } = await refused({ PORT: '0', DATA_DIR: simulated }, ['--live']);

  expect(said).toContain('holds sessions of the simulated AimHarder, which the real one does not know. Set DATA_DIR');
  expect(code).toBe(1);
});

test(
  'a running start stops when it gets SIGTERM',
  async () => {
    const gone = once(service, 'exit');
    service.kill('SIGTERM');

    expect(await gone).toEqual([0, null]);
  },
  SHUTDOWN_HANGS_AFTER,
);
