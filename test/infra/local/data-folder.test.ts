import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openDataFolder } from '../../../infra/local/data-folder.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'data-folder-'));
  folders.push(folder);
  return join(folder, 'data');
}

const described = (folder: string) => JSON.parse(readFileSync(join(folder, 'folder.json'), 'utf8'));

test('a new folder is its owner’s alone, and says its version', () => {
  const folder = dataFolder();

  openDataFolder(folder, 'real')();

  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(described(folder)).toEqual({ version: 1, aimharder: 'real' });
});

test('a folder is open in one process at a time', () => {
  const folder = dataFolder();
  const unlock = openDataFolder(folder, 'real');

  expect(() => openDataFolder(folder, 'real')).toThrow(`Another On the Dot is running on ${folder}.`);
  unlock();
  openDataFolder(folder, 'real')();
});

test('a folder of a newer version is refused, untouched', () => {
  const folder = dataFolder();
  mkdirSync(folder);
  writeFileSync(join(folder, 'folder.json'), '{"version":2,"aimharder":"real"}');

  expect(() => openDataFolder(folder, 'real')).toThrow('Start the newer one, or restore a backup.');
  expect(described(folder)).toEqual({ version: 2, aimharder: 'real' });
});

test('a folder of the simulated AimHarder is refused for the real one, and the other way round', () => {
  const [simulated, real] = [dataFolder(), dataFolder()];
  openDataFolder(simulated, 'simulated')();
  openDataFolder(real, 'real')();

  expect(() => openDataFolder(simulated, 'real')).toThrow('Set DATA_DIR to another folder.');
  expect(() => openDataFolder(real, 'simulated')).toThrow('Start with --live, or set DATA_DIR to another folder.');
  openDataFolder(real, 'real')();
});

test('a folder from before versions were recorded is taken for what it was used with', () => {
  const [simulated, real] = [dataFolder(), dataFolder()];
  for (const folder of [simulated, real]) mkdirSync(folder);
  writeFileSync(join(simulated, 'gym.sqlite'), '');

  expect(() => openDataFolder(simulated, 'real')).toThrow('holds sessions of the simulated AimHarder');
  openDataFolder(simulated, 'simulated')();
  openDataFolder(real, 'real')();
});
