import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundleFunctions } from '../../infra/bundle/bundle-functions.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder with the functions' bundles, as they deploy. */
    bundles: string;
  }
}

/** Bundles the functions once for all tests. */
export default async function setup({ provide }: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-bundles-'));
  await bundleFunctions(folder);
  provide('bundles', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
