import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod/mini';
import { DATA_FILES } from '../../../infra/local/data-files.ts';

/** A data folder that an earlier version has left, in one file, and what a test has to know of it. */
const PackedFolder = z.object({
  /** When that version was killed. */
  leftAt: z.iso.datetime(),
  accessToken: z.string(),
  /** The path of the member's calendar. */
  feed: z.string(),
  /** A pre-booking whose class was booked, and one that still waits. */
  booked: z.string(),
  waiting: z.string(),
  /** Base64 by path. */
  files: z.record(z.string(), z.string()),
});
export type PackedFolder = z.infer<typeof PackedFolder>;

/** What only the running process needs. */
const LEFT_OUT = new RegExp(`^(?:${DATA_FILES.bundles}/|${DATA_FILES.lock}|${DATA_FILES.control}|.*/LO(?:G|CK)\\b)`);

export function packFolder(folder: string, known: Omit<PackedFolder, 'files'>, file: string): void {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !LEFT_OUT.test(path));
  const files = Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), 'base64')]));
  writeFileSync(file, gzipSync(JSON.stringify({ ...known, files }), { level: 9 }));
}

/** Writes the files of a packed folder into a new one. @returns what is known of it. */
export function unpackFolder(file: string, folder: string): PackedFolder {
  const packed = PackedFolder.parse(JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')));
  for (const [path, content] of Object.entries(packed.files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), Buffer.from(content, 'base64'));
  }
  return packed;
}
