import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from 'vitest';
import { chooseStartOpeningIn } from '../../infra/simulator/opens-soon.ts';
import {
  cardOf,
  chooseBox,
  chooseDay,
  firstClass,
  goTo,
  type Phone,
  signIn,
  signInInAnyLanguage,
  untilShown,
} from '../support/page/open-page.ts';
import { pageWorld } from '../support/page/page-world.ts';
import { AHEAD } from '../support/stories/world.ts';

/** Whether everybody can use the page: contrast, names and roles on each screen, and the keyboard alone. */
const on = pageWorld();

/** Looks for what hinders people. @returns the serious findings, each with the screen. */
async function findingsOn({ page }: Phone, screen: string): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${screen}: ${id}: ${html.slice(0, 120)}`));
}

/** Waits until the settings show what they load: the notifications and the devices. */
async function settingsShown(phone: Phone): Promise<void> {
  await untilShown(phone, phone.page.locator('section:nth-of-type(2) input:enabled'));
  await untilShown(phone, phone.page.locator('section:nth-of-type(5) li'));
}

const LOOKS = [
  { theme: 'light', width: 390, locale: 'es-ES' },
  { theme: 'dark', width: 390, locale: 'ca-ES' },
  { theme: 'light', width: 1280, locale: 'en-GB' },
  { theme: 'dark', width: 1280, locale: 'es-ES' },
] as const;

test.each(LOOKS)('no screen hinders anybody: $theme, $width px, $locale', async (look) => {
  const { world, newPhone } = on();
  const phone = await newPhone(look);
  const { page } = phone;
  const found = [...(await findingsOn(phone, 'sign in'))];

  await signInInAnyLanguage(phone, world.member());
  // Tomorrow's classes: the next one of today may begin meanwhile.
  if (look.width < 900) await page.locator('.day').nth(1).click();
  const offers = page.locator(`${look.width < 900 ? '' : '.columns section:nth-of-type(2)'} .card .button.offer`);
  await offers.first().click();
  await page.locator('.options .button.offer').click();
  await page.locator('.done').waitFor();
  await offers.nth(2).click();
  await page.locator('.options').waitFor();
  found.push(...(await findingsOn(phone, 'week')));
  await page.locator('.tabs a').nth(1).click();
  await page.locator('main.mine .chip.quiet').first().click();
  found.push(...(await findingsOn(phone, 'mine')));
  await page.locator('.tabs a').nth(2).click();
  await page.locator('section:nth-of-type(3) .button').first().click();
  await page.locator('.code').waitFor();
  await settingsShown(phone);
  found.push(...(await findingsOn(phone, 'settings')));

  expect(found).toEqual([]);
});

test.each(['light', 'dark'] as const)('nor does the moment, before and after: %s', async (theme) => {
  const { world, newPhone } = on();
  const { day, classId, opensAt } = await world.addClass({
    ...chooseStartOpeningIn(world.simulator.now(), AHEAD),
    name: 'FINAL WOD',
  });
  const phone = await newPhone({ theme });
  await signIn(phone, world.member());
  await chooseBox(phone, 'crossfit-demo');
  await chooseDay(phone, day);
  await cardOf(phone, classId)
    .getByRole('button', { name: /^(Reservar|Prerreservar)/ })
    .click();
  await cardOf(phone, classId).getByText('Prerreservada').waitFor();
  await world.skipTo(opensAt, 6_000);
  // On any machine, the page sees the order and is looked at before the opening.
  world.clock.stop();
  await phone.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
  await phone.page.getByRole('timer').waitFor();
  const before = await findingsOn(phone, 'before');
  world.clock.run();
  await phone.page.getByText(/después de abrir/).waitFor();

  expect([...before, ...(await findingsOn(phone, 'after'))]).toEqual([]);
});

/** Finds what is wider than its place, at each width: the page itself, or words that stick out of a button, a card or a line. */
async function cutOffOn({ page }: Phone, screen: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const width of [320, 390, 900, 1280]) {
    await page.setViewportSize({ width, height: 844 });
    await page
      .locator(width < 900 ? '.day, main:not(.week)' : '.columns, main:not(.week)')
      .first()
      .waitFor();
    const texts: string[] =
      await page.evaluate(`[...document.querySelectorAll('html, button, select, a, h2, h3, p, .time, .card')]
      .filter((one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1)
      .map((one) => one.tagName + ' ' + one.textContent.slice(0, 40))`);
    found.push(...texts.map((text) => `${screen}, ${width} px: ${text}`));
  }
  return found;
}

test.each(['es-ES', 'ca-ES', 'en-GB'])('nothing is cut off, from 320 px to a desk: %s', async (locale) => {
  const { world, newPhone } = on();
  const phone = await newPhone({ locale });
  const { page } = phone;
  await signInInAnyLanguage(phone, world.member());
  await chooseDay(phone, (await page.locator('.day').nth(12).getAttribute('data-day')) ?? '');
  await page.locator('.card .button.offer').first().click();
  await page.locator('.options .button.offer').click();
  await page.locator('.done').waitFor();
  const found = [...(await cutOffOn(phone, 'week'))];
  await page.locator('.tabs a').nth(1).click();
  await page.locator('main.mine .chip.quiet').first().click();
  found.push(...(await cutOffOn(phone, 'mine')));
  await page.locator('.tabs a').nth(2).click();
  await settingsShown(phone);

  expect([...found, ...(await cutOffOn(phone, 'settings'))]).toEqual([]);
});

test('with the keyboard alone a member signs in, books, has it every week, and cancels', async () => {
  const { world, newPhone } = on();
  const phone = await newPhone();
  const { page } = phone;
  const { email, password } = world.member();
  /** Presses Tab until the element has the focus. */
  const focus = async (selector: string) => {
    for (let presses = 0; presses < 80; presses += 1) {
      if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not reach ${selector}.`);
  };
  const press = async (selector: string) => {
    await focus(selector);
    await page.keyboard.press('Enter');
  };

  await page.locator('input[type=email]').waitFor();
  await focus('input[type=email]');
  await page.keyboard.type(email);
  await focus('input[type=password]');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await untilShown(phone, firstClass(phone));
  await press('.day:nth-child(3)');
  await page.locator('.card .button.offer').first().waitFor();
  await press('.card .button.offer');
  await page.locator('.options').waitFor();
  await press('.options .button.offer');
  await page.locator('.done').waitFor();
  await press('.card .chip');
  await press('.options .button.quiet');
  await expect.poll(() => page.locator('.card .chip').count()).toBe(0);
  await goTo(phone, 'Mías');
});
