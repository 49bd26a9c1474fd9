import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Writes the files of a folder, and the folder itself, through to the disk, so that they survive a power cut. */
export function syncFolder(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncFolder(path);
    else sync(path);
  }
  // Windows cannot open a folder; its file system logs changes of folders by itself.
  if (process.platform !== 'win32') sync(folder);
}

function sync(path: string): void {
  // Windows writes a file through only if the file is open for writing.
  const file = openSync(path, process.platform === 'win32' ? 'r+' : 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
