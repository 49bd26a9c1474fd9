import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/home/live-service.ts';
import { readCommands, writeStandIns } from '../support/home/paper.ts';
import { type SimulatorProcess, startSimulatorProcess } from '../support/home/simulator-process.ts';

/** The commands of the paper for a machine at home, as they stand there, with a simulated AimHarder in another process. */
const PAPER = readCommands('infra/local/HOME.md');
const home = mkdtempSync(join(tmpdir(), 'on-the-dot-home-'));

let simulator: SimulatorProcess;
let port: number;
let environment: NodeJS.ProcessEnv;
beforeAll(async () => {
  simulator = await startSimulatorProcess({ seed: 7 });
  port = await freePort();
  environment = {
    ...process.env,
    ...simulator.variables,
    HOME: home,
    PATH: `${writeStandIns(home)}:${process.env['PATH']}`,
    PORT: String(port),
    npm_config_ignore_scripts: 'true',
  };
});
afterAll(async () => {
  if (existsSync(join(home, 'pid'))) await run('systemctl --user stop on-the-dot');
  await simulator.stop();
  rmSync(home, { recursive: true, force: true });
});

/** Finds a block of commands, with the port and the password of this test. */
function commands(heading: string, block = 0): string {
  const found = PAPER.get(heading)?.[block];
  if (found === undefined) throw new Error(`The paper has no such commands: ${heading}, ${block}.`);
  return found.replaceAll('3000', String(port)).replaceAll('your-password', 'demo-password');
}

async function run(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { env: environment });
  return stdout;
}

const answers = () =>
  fetch(`http://127.0.0.1:${port}/v1/health`).then(
    ({ ok }) => ok,
    () => false,
  );
const isUp = () => expect.poll(answers).toBe(true);

/** Runs commands that do not end by themselves, until they are interrupted. */
async function runUntilUp(script: string, whileUp: () => Promise<void>): Promise<void> {
  const options = { env: environment, detached: true, stdio: 'ignore' } as const;
  const child: ChildProcess = spawn('bash', ['-euc', script], options);
  const gone = once(child, 'exit');
  try {
    await isUp();
    await whileUp();
  } finally {
    // As Ctrl-C does: the terminal sends the signal to all of them.
    process.kill(-Number(child.pid), 'SIGINT');
    await gone;
    await expect.poll(answers).toBe(false);
  }
}

/** Lists the routines of the member, logged in by the paper's own line. */
async function listRoutines(): Promise<readonly { readonly startsAt: string }[]> {
  const [login = ''] = /^URL=[\s\S]*?^TOKEN=.*$/m.exec(commands('3. Every Tuesday at 18:00')) ?? [];
  const listed = await run(`${login}\ncurl -s $URL/v1/routines -H "authorization: Bearer $TOKEN"`);
  return JSON.parse(listed).routines;
}

test('every block of commands is run below', () => {
  expect([...PAPER].map(([heading, blocks]) => [heading, blocks.length])).toEqual([
    ['1. Get it', 1],
    ['2. Start it', 3],
    ['3. Every Tuesday at 18:00', 1],
    ['Keep it', 3],
  ]);
});

test('got, started, and a routine made: the commands do as they say', async () => {
  await run(commands('1. Get it'));
  await run(commands('2. Start it'));
  await isUp();
  expect(await run(commands('2. Start it', 1))).toMatch(/^On the Dot +http:\/\/\S+:\d+$/m);

  const [routine] = (await run(commands('3. Every Tuesday at 18:00'))).split('\n');
  expect(JSON.parse(String(routine)).routine).toMatchObject({ weekday: 2, startsAt: '18:00', className: 'WOD' });
});

test('a copy that was made while the service ran goes on elsewhere; the next version goes on with the folder', async () => {
  await run(commands('Keep it'));
  const upgrade = commands('Keep it', 2);
  await run(upgrade.replace(/^git pull[\s\S]*/m, ''));

  await runUntilUp(commands('Keep it', 1), async () => {
    expect(await listRoutines()).toMatchObject([{ startsAt: '18:00' }]);
  });
  const files = (name: string) => readFileSync(join(home, name, 'keys.json'), 'utf8');
  expect(files('on-the-dot-backup')).toBe(files('on-the-dot-data'));

  await run(upgrade.replace(/^DATA_DIR[\s\S]*?(?=^git pull)/m, ''));
  await isUp();
  expect(await listRoutines()).toMatchObject([{ startsAt: '18:00' }]);
  await run('systemctl --user stop on-the-dot');
});

test('without systemd, the line for a terminal starts the same', async () => {
  await runUntilUp(commands('2. Start it', 2), async () => {
    expect(await listRoutines()).toMatchObject([{ startsAt: '18:00' }]);
  });
});
