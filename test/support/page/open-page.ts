import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
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
  /** The statuses of the answers with an error status, in order. */
  readonly failures: readonly number[];
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
  return openPage(context, url);
}

/** Opens the page in another tab of a phone. Both tabs share what the browser keeps. */
export const openTab = ({ context }: Phone, url: string): Promise<Phone> => openPage(context, url);

async function openPage(context: BrowserContext, url: string): Promise<Phone> {
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (!isFailedLoad(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', ({ message }) => faults.push(`threw: ${message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) faults.push(`asked: ${request.url()}`);
  });
  const failures: number[] = [];
  page.on('response', (response) => {
    if (response.status() >= 400) failures.push(response.status());
  });
  await page.goto(url);
  return { page, context, faults, failures };
}

/** The browser itself reports every answer with an error status, and every request without a network. */
const isFailedLoad = (message: string): boolean => message.startsWith('Failed to load resource:');

/**
 * Waits for something on the page. As long as the answer of AimHarder (504) or of the database (503) comes too late, taps the
 * button that repeats the request, because a slow machine plays both of them slowly.
 *
 * @throws Error if the page offers the button, but its last failed answer was neither 503 nor 504.
 */
export async function untilShown({ page, failures }: Phone, wanted: Locator): Promise<void> {
  const shown = wanted.first();
  const repeat = page.getByRole('alert').getByRole('button', { name: /^(Repetir|Try again)$/, disabled: false });
  for (;;) {
    await shown.or(repeat).first().waitFor();
    if (await shown.isVisible()) return;
    const status = failures.at(-1);
    if (status !== 503 && status !== 504) throw new Error(`The page offers to repeat after ${status}.`);
    // If nothing is tapped, nobody waits for it, and it fails when the page closes.
    const answered = page.waitForResponse('**/v1/**').catch(() => undefined);
    // Not `click`, which would wait for a button that has gone meanwhile.
    const hasTapped = await repeat.evaluateAll((buttons: { click(): void }[]) => {
      buttons[0]?.click();
      return buttons.length > 0;
    });
    if (hasTapped) await Promise.race([answered, shown.waitFor()]);
  }
}

/** The first class that the page shows. */
export const firstClass = ({ page }: Phone): Locator => page.locator('.card .time').first();

/** Signs in on the page, and waits for the first classes. */
export async function signIn(phone: Phone, { email, password }: { email: string; password: string }): Promise<void> {
  const { page } = phone;
  await page.getByLabel('Correo').fill(email);
  await page.getByLabel('Contraseña').fill(password);
  await page.getByRole('button', { name: 'Entrar' }).click();
  await untilShown(phone, firstClass(phone));
}

/** Chooses a box. */
export const chooseBox = ({ page }: Phone, box: string) => page.getByLabel('Box', { exact: true }).selectOption(box);

/** The card of a class in the week. */
export const cardOf = ({ page }: Phone, classId: string) => page.locator(`[data-class="${classId}"]`);

export const chooseDay = ({ page }: Phone, day: string) => page.locator(`[data-day="${day}"]`).click();

/** Opens another screen. */
export const goTo = ({ page }: Phone, screen: string) => page.getByRole('link', { name: screen }).click();

/** Names a relative on the settings' screen. */
export async function addRelative({ page }: Phone, name: string, familyId: string): Promise<void> {
  await page.getByLabel('Nombre').fill(name);
  await page.getByLabel('Número', { exact: true }).fill(familyId);
  await page.getByRole('button', { name: 'Añadir', exact: true }).click();
}

/** Asks for the deletion of the account on the settings' screen, and confirms it. */
export async function deleteAccount({ page }: Phone): Promise<void> {
  await page.getByRole('button', { name: 'Borrar la cuenta' }).click();
  await page.getByRole('button', { name: 'Borrar para siempre' }).click();
}

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
export async function signInInAnyLanguage(
  phone: Phone,
  { email, password }: { email: string; password: string },
): Promise<void> {
  const { page } = phone;
  await page.locator('input[type=email]').fill(email);
  await page.locator('input[type=password]').fill(password);
  await page.locator('button[type=submit]').click();
  await untilShown(phone, firstClass(phone));
}
