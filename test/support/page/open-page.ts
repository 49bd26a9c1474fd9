import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { inject } from 'vitest';

/** Starts a browser. It needs no sandbox, because it opens nothing but this machine's own page. */
export const startBrowser = (): Promise<Browser> => {
  const executablePath = inject('browser');
  const args = ['--no-sandbox', '--no-zygote', '--disable-gpu', '--font-render-hinting=none'];
  return chromium.launch(
    executablePath === '' ? { channel: 'chrome' } : { executablePath, args: [...args, '--headless=shell'] },
  );
};

export type PhoneOptions = {
  readonly width?: number;
  readonly theme?: 'light' | 'dark';
  readonly locale?: string;
};

export type Phone = {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page must never do: it has said something on the console, thrown, or asked another origin. */
  readonly faults: readonly string[];
};

/** Opens the members' page on a phone of its own, which shares nothing with other phones. */
export async function openPhone(
  browser: Browser,
  url: string,
  { width = 390, theme = 'light', locale = 'es-ES' }: PhoneOptions = {},
): Promise<Phone> {
  const context = await browser.newContext({
    viewport: { width, height: 844 },
    colorScheme: theme,
    locale,
    // What is looked at stands still: something that just appears has too little contrast for a moment.
    reducedMotion: 'reduce',
    // The page's times are those of the box, wherever the phone is.
    timezoneId: 'Pacific/Auckland',
  });
  // A deadline only ends a hang, and vitest has one.
  context.setDefaultTimeout(0);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (!isExpected(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', ({ message }) => faults.push(`threw: ${message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) faults.push(`asked: ${request.url()}`);
  });
  await page.goto(url);
  return { page, context, faults };
}

/** The browser itself reports every answer with an error status, and every request without a network. */
const isExpected = (message: string): boolean => message.startsWith('Failed to load resource:');

/** Signs in on the page, and waits for the first classes. */
export async function signIn({ page }: Phone, { email, password }: { email: string; password: string }): Promise<void> {
  await page.getByLabel('Correo').fill(email);
  await page.getByLabel('Contraseña').fill(password);
  await page.getByRole('button', { name: 'Entrar' }).click();
  await page.locator('.card .time').first().waitFor();
}

/** Chooses a box. */
export const chooseBox = ({ page }: Phone, box: string) => page.getByLabel('Box', { exact: true }).selectOption(box);

/** The card of a class in the week. */
export const cardOf = ({ page }: Phone, classId: string) => page.locator(`[data-class="${classId}"]`);

export const chooseDay = ({ page }: Phone, day: string) => page.locator(`[data-day="${day}"]`).click();

/** Opens another screen. */
export const goTo = ({ page }: Phone, screen: string) => page.getByRole('link', { name: screen }).click();

/** Everything that the page keeps in the browser, as text. */
export const keptTexts = ({ page }: Phone): Promise<string> =>
  page.evaluate(`(async () => {
    const open = indexedDB.open('on-the-dot', 1);
    await new Promise((resolve) => { open.onsuccess = resolve; });
    const all = open.result.transaction('kept').objectStore('kept').getAll();
    await new Promise((resolve) => { all.onsuccess = resolve; });
    return JSON.stringify([all.result, { ...localStorage }, { ...sessionStorage }, document.cookie]);
  })()`);

/** Signs in on the page in any language, and waits for the first classes of the box that all classes are added to. */
export async function openedIn(
  { page }: Phone,
  { email, password }: { email: string; password: string },
): Promise<void> {
  await page.locator('input[type=email]').fill(email);
  await page.locator('input[type=password]').fill(password);
  await page.locator('button[type=submit]').click();
  await page.locator('.card .time').first().waitFor();
}
