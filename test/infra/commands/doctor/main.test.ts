import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { askForLogin } from '../../../../infra/commands/doctor/terminal.ts';
import { type SimulatorOptions, startSimulator } from '../../../../infra/simulator/simulator.ts';

const LOGIN = 'Ada@Example.com\ndemo-password\n';

/** Runs the command as a user does, with the lines of its input. */
async function doctor(input: string, options: SimulatorOptions = {}) {
  const simulator = await startSimulator(options);
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  onTestFinished(async () => {
    await simulator.stop();
    await rm(folder, { recursive: true });
  });
  const { origin, login, box } = simulator.origins;
  const child = spawn(process.execPath, [join(process.cwd(), 'infra/commands/doctor/main.ts')], {
    cwd: folder,
    env: { ...process.env, AIMHARDER_ORIGIN: origin, AIMHARDER_LOGIN_ORIGIN: login, AIMHARDER_BOX_ORIGIN: box },
  });
  child.stdin.end(input);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, output, errors, report: join(folder, 'doctor-report.json') };
}

test('the command prints its findings, and writes a report without private data', async () => {
  const { code, output, report } = await doctor(LOGIN);
  const written = await readFile(report, 'utf8');

  expect(code).toBe(0);
  expect(output).toContain('ok       login');
  expect(JSON.parse(written)).toMatchObject({
    facts: expect.arrayContaining([expect.objectContaining({ fact: 'login', verdict: 'ok' })]),
  });
  for (const secret of ['demo-password', 'ada@example.com', 'amhrdrauth=']) {
    expect(output.toLowerCase()).not.toContain(secret);
    expect(written.toLowerCase()).not.toContain(secret);
  }
});

test('a change also sets the exit code', async () => {
  const { code, output } = await doctor(LOGIN, { generation: 2025 });

  expect(code).toBe(1);
  expect(output).toContain('CHANGED  login');
  expect(output).toContain('→ Members cannot log in.');
});

test('without e-mail and password, no request is sent', async () => {
  const { code, errors } = await doctor('ada@example.com\n');

  expect(code).toBe(2);
  expect(errors.trim()).toBe('An e-mail address and a password are needed, one line each.');
});

test('on a terminal the password is asked for, and not shown', async () => {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = new PassThrough();
  const shown = text(output);

  const asked = askForLogin(input, output);
  input.write('Ada@Example.com\n');
  await new Promise((resolve) => setImmediate(resolve));
  input.write('demo-password\n');

  expect(await asked).toEqual({ email: 'ada@example.com', password: 'demo-password' });
  output.end();
  expect(await shown).not.toContain('demo-password');
});
