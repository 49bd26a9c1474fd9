import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import bundledChromium from '@sparticuz/chromium';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { currentBundles } from '../../infra/bundle/current-bundles.ts';
import { loadSecrets } from '../../infra/local/secrets-manager.ts';
import { startStack } from '../../infra/local/stack.ts';
import { startSimulator } from '../../infra/simulator/simulator.ts';

/** A phone on a mobile network: 150 ms for each round trip, 1.6 Mbit/s, a processor that is four times slower than this one. */
const NETWORK = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 94_000 };
const SLOWER_BY = 4;
const RUNS = 5;

/** The promise: the first card is there after so many milliseconds. */
const LIMIT = 1_500;

/** Notes when the first card is drawn, in milliseconds from the start of the navigation. */
const NOTE_FIRST_CARD = `
  new MutationObserver((_, observer) => {
    if (!document.querySelector('.card .time')) return;
    globalThis.firstCard = performance.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
`;

/** Deletes what the page keeps in the browser, except the bearer. */
const FORGET = `new Promise((resolve) => {
  const open = indexedDB.open('on-the-dot', 1);
  open.onsuccess = () => {
    const writing = open.result.transaction('kept', 'readwrite');
    writing.objectStore('kept').delete('seen');
    writing.oncomplete = resolve;
  };
})`;

/** Measures how soon a member who is signed in sees the first class: with an empty cache, and when the page was open before. */
export async function benchPage(out: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-page-'));
  const simulator = await startSimulator({ seed: 1 });
  const bundles = await currentBundles();
  const secrets = loadSecrets(folder, undefined);
  const stack = await startStack({ bundles, origins: simulator.origins, secrets, log: () => undefined });
  const browser = await chromium.launch({
    executablePath: await bundledChromium.executablePath(),
    args: ['--no-sandbox', '--no-zygote', '--disable-gpu', '--headless=shell'],
  });
  try {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, serviceWorkers: 'block' });
    await context.addInitScript(NOTE_FIRST_CARD);
    const page = await signedInPage(context, stack.url, simulator.demo);
    const cold = await measure(page, stack.url, true);
    const known = await measure(page, stack.url, false);
    const report = {
      ...NETWORK,
      slowerBy: SLOWER_BY,
      cold,
      known,
      medianCold: median(cold),
      medianKnown: median(known),
    };
    console.table({
      'nothing kept but the bearer': { 'first card, ms': report.medianCold, runs: cold.join(' ') },
      'opened before': { 'first card, ms': report.medianKnown, runs: known.join(' ') },
    });
    await writeFile(join(out, 'page.json'), JSON.stringify(report, undefined, 2));
    if (report.medianCold > LIMIT) process.exitCode = 1;
  } finally {
    await browser.close();
    await stack.stop();
    await simulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function signedInPage(context: BrowserContext, url: string, demo: { email: string; password: string }) {
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('input[type=email]').fill(demo.email);
  await page.locator('input[type=password]').fill(demo.password);
  await page.locator('button[type=submit]').click();
  await page.locator('.card .time').first().waitFor();
  return page;
}

/** Opens the page again and again. @param empties whether the HTTP cache, and what the page has kept, are emptied before. */
async function measure(page: Page, url: string, empties: boolean): Promise<readonly number[]> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', NETWORK);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER_BY });
  const taken: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    if (empties) {
      await page.evaluate(FORGET);
      await devtools.send('Network.clearBrowserCache');
    }
    await page.goto('about:blank');
    await page.goto(url);
    await page.locator('.card .time').first().waitFor();
    taken.push(Math.round(await page.evaluate<number>('globalThis.firstCard')));
    // What else the page loads after its first card must not be cut off, or the next start would find it missing.
    await page.waitForLoadState('networkidle');
  }
  await devtools.detach();
  return taken;
}

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
