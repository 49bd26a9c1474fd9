import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { FUNCTIONS } from '../../infra/catalog/functions.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder with an empty bundle for each function. */
    emptyBundles: string;
  }
}

/** Creates an empty bundle for each function, because synthesizing a template only needs the folders. */
export default function setup({ provide }: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-empty-bundles-'));
  for (const name of Object.keys(FUNCTIONS)) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'index.cjs'), '');
  }
  provide('emptyBundles', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
