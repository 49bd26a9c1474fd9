import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { startWorld, type World } from '../stories/world.ts';
import { openPhone, openTab, type Phone, type PhoneOptions, startBrowser } from './open-page.ts';

/** The whole service, a browser, and phones that show the page. */
export type PageWorld = {
  readonly world: World;
  readonly newPhone: (options?: PhoneOptions) => Promise<Phone>;
  /** Opens the page in another tab of a phone. */
  readonly newTab: (phone: Phone) => Promise<Phone>;
};

/**
 * Starts a world for the tests of a file. After each test its phones are closed, and the test fails if their page has said
 * something on the console, has thrown, or has asked another origin.
 */
export function pageWorld(): () => PageWorld {
  let world: World;
  let browser: Browser;
  const phones: Phone[] = [];
  beforeAll(async () => {
    [world, browser] = await Promise.all([startWorld(), startBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await world.stop();
  });
  afterEach(async () => {
    // A test that stopped the clock may have failed before it let it run.
    world.clock.run();
    const open = phones.splice(0);
    await Promise.all(open.map(({ context }) => context.close()));
    expect(open.flatMap(({ faults }) => faults)).toEqual([]);
  });
  return () => ({
    world,
    async newPhone(options) {
      const phone = await openPhone(browser, world.stack.url, options);
      phones.push(phone);
      return phone;
    },
    async newTab(phone) {
      const tab = await openTab(phone, world.stack.url);
      phones.push(tab);
      return tab;
    },
  });
}
