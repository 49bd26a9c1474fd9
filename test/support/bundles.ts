import type { TestProject } from 'vitest/node';
import { currentBundles } from '../../infra/bundle/current-bundles.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder with the functions' deployable bundles and esbuild's metafile. */
    bundles: string;
  }
}

/** Bundles the functions once for all tests. */
export default async function setup({ provide }: TestProject) {
  provide('bundles', await currentBundles());
}
