import chromium from '@sparticuz/chromium';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of the browser that comes with the packages; empty where they have none: an installed Chrome is used. */
    browser: string;
  }
}

/** Unpacks the browser once for all tests. */
export default async function setup({ provide }: TestProject) {
  provide('browser', process.platform === 'linux' && process.arch === 'x64' ? await chromium.executablePath() : '');
}
