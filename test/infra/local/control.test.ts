import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { startControl } from '../../../infra/local/control.ts';

const Control = z.object({ url: z.string(), token: z.string() });

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'control-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('a backup whose old copy cannot be removed is answered, and the next backup succeeds', async () => {
  const folder = join(root, 'data');
  mkdirSync(folder);
  const stop = await startControl(folder);
  const { url, token } = Control.parse(JSON.parse(readFileSync(join(folder, 'control.json'), 'utf8')));
  const backUp = async () => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${url}/backup`, { method: 'POST', headers })).status;
  };
  renameSync(folder, `${folder}-away`);
  // A link to itself in the place of the folder: nothing below it can be removed.
  symlinkSync('data', folder);

  expect(await backUp()).toBe(500);
  unlinkSync(folder);
  renameSync(`${folder}-away`, folder);
  expect(await backUp()).toBe(200);
  stop();
});
