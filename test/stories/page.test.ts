import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  cardOf,
  chooseBox,
  openPhone,
  type Phone,
  type PhoneOptions,
  signIn,
  startBrowser,
} from '../support/page/open-page.ts';
import { addRuledClass } from '../support/page/ruled-class.ts';
import { AHEAD, startWorld, type World } from '../support/stories/world.ts';

/** What members do on the page, on a phone of 390 pixels, against the whole service with a simulated AimHarder. */
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
  const open = phones.splice(0);
  const faults = open.flatMap((phone) => phone.faults);
  await Promise.all(open.map(({ context }) => context.close()));
  expect(faults).toEqual([]);
});

async function newPhone(options?: PhoneOptions): Promise<Phone> {
  const phone = await openPhone(browser, world.stack.url, options);
  phones.push(phone);
  return phone;
}

test('a member pre-books a class, signs out elsewhere, and watches the card go to booked with its milliseconds', async () => {
  const member = world.member();
  const { box, day, classId, opensAt } = await addRuledClass(world, AHEAD, { name: 'FINAL WOD' });
  const phone = await newPhone();
  await signIn(phone, member);
  await chooseBox(phone, box);
  await phone.page.locator(`[data-day="${day}"]`).click();
  const card = cardOf(phone, classId);
  await card.getByRole('button', { name: /^(Reservar|Prerreservar)/ }).click();
  await card.getByText('Prerreservada').waitFor();

  await world.skipTo(opensAt, 6_000);
  await phone.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
  await phone.page.getByRole('timer').waitFor();

  const moment = phone.page.getByRole('region', { name: 'FINAL WOD' });
  await moment.getByText(/^Reservada [\d,]+ ms después de abrir\.$/).waitFor();
  await card.getByText('✓ Reservada').waitFor();
  expect(world.reservationsIn(classId, member.email)).toBe(1);
});

test('"Tuesday 18:00, every week" takes at most six taps after the sign-in', async () => {
  const phone = await newPhone();
  await signIn(phone, world.member());
  await chooseBox(phone, 'crossfit-demo');
  const { page } = phone;
  let taps = 0;
  const tap = async (name: RegExp) => {
    taps += 1;
    await page.getByRole('button', { name }).first().click();
  };

  await tap(/^martes/);
  await tap(/^Reservar: WOD, 18:00/);
  await tap(/^Cada semana/);

  await page.getByText('Hecho: cada martes a las 18:00. Está en Mías.').waitFor();
  await page.getByRole('link', { name: 'Mías' }).click();
  await page.getByText('martes', { exact: true }).waitFor();
  expect(taps).toBeLessThanOrEqual(6);
});

test('who signs out leaves nothing behind, and returns to the sign-in', async () => {
  const member = world.member();
  const phone = await newPhone();
  await signIn(phone, member);
  await phone.page.getByRole('link', { name: 'Ajustes' }).click();

  await phone.page.getByRole('button', { name: 'En este dispositivo' }).click();

  await phone.page.getByLabel('Contraseña').waitFor();
  expect(await keptTexts(phone)).not.toMatch(/otd_|FINAL WOD|@example\.com/);
});

/** Everything that the page keeps in the browser, as text. */
const keptTexts = ({ page }: Phone): Promise<string> =>
  page.evaluate(`(async () => {
    const open = indexedDB.open('on-the-dot', 1);
    await new Promise((resolve) => { open.onsuccess = resolve; });
    const all = open.result.transaction('kept').objectStore('kept').getAll();
    await new Promise((resolve) => { all.onsuccess = resolve; });
    return JSON.stringify([all.result, { ...localStorage }, { ...sessionStorage }, document.cookie]);
  })()`);
