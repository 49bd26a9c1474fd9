import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { startControl } from '../../../infra/local/control.ts';
import { startDatabase } from '../../../infra/local/dynamodb.ts';

const Control = z.object({ url: z.string(), token: z.string() });

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'control-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Starts the control of a new data folder. @returns the folder, and a function that asks for a backup and gives the status. */
async function controlled() {
  const folder = join(root, 'data');
  mkdirSync(folder);
  const stop = await startControl(folder);
  const { url, token } = Control.parse(JSON.parse(readFileSync(join(folder, 'control.json'), 'utf8')));
  const backUp = async () => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${url}/backup`, { method: 'POST', headers })).status;
  };
  return { folder, stop, backUp };
}

test('a backup that fails leaves no part of a copy, and the next one succeeds', async () => {
  const { folder, stop, backUp } = await controlled();
  const database = await startDatabase({ path: join(folder, 'database') });
  writeFileSync(join(folder, 'keys.json'), '{}');
  const broken = join(folder, 'messages.sqlite');
  writeFileSync(broken, 'no database');

  expect(await backUp()).toBe(500);
  expect(existsSync(join(folder, 'backup.new'))).toBe(false);

  rmSync(broken);
  expect(await backUp()).toBe(200);
  expect(readdirSync(join(folder, 'backup.new')).toSorted()).toEqual(['database', 'keys.json']);
  stop();
  await database.stop();
});

test('a database that the service does not use is copied as it is', async () => {
  const { folder, stop, backUp } = await controlled();
  mkdirSync(join(folder, 'database'));
  writeFileSync(join(folder, 'database', 'CURRENT'), 'MANIFEST-000001');

  expect(await backUp()).toBe(200);
  expect(readFileSync(join(folder, 'backup.new', 'database', 'CURRENT'), 'utf8')).toBe('MANIFEST-000001');
  stop();
});

test('a backup whose old copy cannot be removed is answered, and the next backup succeeds', async () => {
  const { folder, stop, backUp } = await controlled();
  renameSync(folder, `${folder}-away`);
  // A link to itself in the place of the folder: nothing below it can be removed.
  symlinkSync('data', folder);

  expect(await backUp()).toBe(500);
  unlinkSync(folder);
  renameSync(`${folder}-away`, folder);
  expect(await backUp()).toBe(200);
  stop();
});
