import { expect, test } from 'vitest';
import { RoutineAnswer } from '../../infra/catalog/openapi/components.ts';
import { chooseStartOpeningIn } from '../../infra/simulator/opens-soon.ts';
import { cardOf, chooseBox, chooseDay, goTo, keptTexts, type Phone, signIn } from '../support/page/open-page.ts';
import { pageWorld } from '../support/page/page-world.ts';
import { AHEAD } from '../support/stories/world.ts';

/** What members book on the page, on a phone of 390 pixels, against the whole service with a simulated AimHarder. */
const on = pageWorld();

/** A phone whose member has signed in and chosen the box of the added classes. */
async function signedInPhone(): Promise<Phone & { readonly member: { email: string; password: string } }> {
  const { world, newPhone } = on();
  const [member, phone] = [world.member(), await newPhone()];
  await signIn(phone, member);
  await chooseBox(phone, 'crossfit-demo');
  return { ...phone, member };
}

test('a member pre-books, signs out everywhere else, and sees the card go to booked with its milliseconds', async () => {
  const { world } = on();
  const soon = chooseStartOpeningIn(world.simulator.now(), AHEAD);
  const { day, classId, opensAt } = await world.addClass({ ...soon, name: 'FINAL WOD' });
  const phone = await signedInPhone();
  const { page, member } = phone;
  await chooseDay(phone, day);
  const card = cardOf(phone, classId);
  await card.getByRole('button', { name: /^(Reservar|Prerreservar)/ }).click();
  await card.getByText('Prerreservada').waitFor();
  const other = world.api.as(await world.login({ ...member, fingerprint: 'other-12345' }));
  await other.post('/v1/logout', { fingerprint: 'other-12345' });

  await world.skipTo(opensAt, 6_000);
  // On any machine, the page sees the order before the opening.
  world.clock.stop();
  await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");

  const moment = page.getByRole('region', { name: 'FINAL WOD' });
  await moment.getByRole('timer').waitFor();
  world.clock.run();
  await moment.getByText(/^Reservada [\d.,]+ ms después de abrir\.$/).waitFor();
  await card.getByText('✓ Reservada').waitFor();
  expect(world.reservationsIn(classId, member.email)).toBe(1);
});

test('"Tuesday 18:00, every week" takes at most six taps after the sign-in', async () => {
  const phone = await signedInPhone();
  let taps = 0;
  const tap = async (name: RegExp) => {
    taps += 1;
    await phone.page.getByRole('button', { name }).last().click();
  };

  // The last of the days: the first may be today, whose class may have begun.
  await tap(/martes/);
  await tap(/^(Reservar|Prerreservar): WOD, 18:00/);
  await tap(/^Cada semana/);

  await phone.page.getByText('Hecho: cada martes a las 18:00. Está en Mías.').waitFor();
  expect(taps).toBeLessThanOrEqual(6);
  await goTo(phone, 'Mías');
  await phone.page.getByText('martes', { exact: true }).waitFor();
});

test('in the evening, when nothing is left of today, the first classes of the next day are shown', async () => {
  const { world, newPhone } = on();
  const phone = await newPhone();
  let today = '';
  await phone.page.route('**/v1/classes?*', async (asked) => {
    today ||= new URL(asked.request().url()).searchParams.get('day') ?? '';
    const response = await asked.fetch();
    if (!response.ok()) return asked.fulfill({ response });
    const listed = await response.json();
    const classes = listed.classes.filter((one: { day: string }) => one.day !== today);
    await asked.fulfill({ response, json: { ...listed, classes } });
  });

  await signIn(phone, world.member());

  const shown = phone.page.locator('[data-day][aria-current=date]');
  await phone.page.unrouteAll({ behavior: 'wait' });
  expect(today).not.toBe('');
  expect(await shown.getAttribute('data-day')).toBe(await phone.page.locator('.day').nth(1).getAttribute('data-day'));
});

test('a booking is cancelled; a late cancellation first says what it costs', async () => {
  const { world } = on();
  const hours = 3_600_000;
  const late = await world.addClass({ name: 'LATE WOD', opensInMs: -1, startsInMs: hours });
  const early = await world.addClass({ name: 'EARLY WOD', opensInMs: -1, startsInMs: 30 * hours });
  const phone = await signedInPhone();
  const { member } = phone;
  const booked = async ({ day, classId }: typeof late) => {
    await chooseDay(phone, day);
    const card = cardOf(phone, classId);
    await card.getByRole('button', { name: /^Reservar/ }).click();
    await card.getByRole('button', { name: 'Anular' }).click();
    return card;
  };

  const card = await booked(early);
  await card.getByRole('button', { name: /^Reservar/ }).waitFor();
  const costly = await booked(late);
  await costly.getByText('Anular ahora cuesta el crédito. ¿Anular?').waitFor();
  expect(world.reservationsIn(late.classId, member.email)).toBe(1);
  await costly.getByRole('button', { name: 'Anular y perder el crédito' }).click();
  await costly.getByRole('button', { name: /^Reservar/ }).waitFor();

  expect(world.reservationsIn(late.classId, member.email)).toBe(0);
  expect(world.reservationsIn(early.classId, member.email)).toBe(0);
});

test('a booking whose number is unknown is shown without a button that cancels', async () => {
  const { world } = on();
  const { day, classId } = await world.addClass({ name: 'NO NUMBER', opensInMs: -1, startsInMs: 30 * 3_600_000 });
  const phone = await signedInPhone();
  const { page } = phone;
  await page.route('**/v1/bookings?*', async (asked) => {
    const response = await asked.fetch();
    if (!response.ok()) return asked.fulfill({ response });
    const listed = await response.json();
    const bookings = listed.bookings.map((one: object) => ({ ...one, bookingId: null, classId: null }));
    await asked.fulfill({ response, json: { ...listed, bookings } });
  });
  await chooseDay(phone, day);
  await cardOf(phone, classId)
    .getByRole('button', { name: /^Reservar/ })
    .click();
  await goTo(phone, 'Mías');

  await page.getByRole('button', { name: /^✓ Reservada: NO NUMBER/ }).click();

  await page.getByText('No se puede anular desde aquí. Hazlo en la app de AimHarder.').waitFor();
  expect(await page.getByRole('button', { name: 'Anular la reserva' }).count()).toBe(0);
  await page.unrouteAll({ behavior: 'wait' });
});

test('only a pause of the same routine moves its next date', async () => {
  const { world, newPhone } = on();
  const [member, phone] = [world.member(), await newPhone()];
  const { page } = phone;
  const now = world.simulator.now();
  const dayIn = (days: number) => new Date(now + days * 86_400_000);
  const api = world.api.as(await world.login({ ...member, fingerprint: 'other-24680' }));
  const weekly = { box: 'crossfit-demo', weekday: dayIn(3).getUTCDay() || 7, startsAt: '18:00' };
  const create = async (className: string): Promise<string> =>
    RoutineAnswer.parse((await api.post('/v1/routines', { ...weekly, className })).body).routine.id;
  const [paused, shown] = [await create('OPEN BOX'), await create('WOD')];
  const pause = async (routineId: string) => {
    const [from, until] = [0, 10].map((days) => dayIn(days).toISOString().slice(0, 10));
    expect((await api.put('/v1/pauses', { pauses: [{ from, until, routineId }] })).status).toBe(200);
  };
  // A routine has no next pre-booking until the planner has ordered one.
  await page.route('**/v1/routines?*', async (asked) => {
    const response = await asked.fetch();
    if (!response.ok()) return asked.fulfill({ response });
    const listed = await response.json();
    const routines = listed.routines.map((one: object) => ({ ...one, next: null }));
    await asked.fulfill({ response, json: { ...listed, routines } });
  });
  await pause(paused);
  await signIn(phone, member);
  await goTo(phone, 'Mías');
  await page.getByRole('button', { name: /^Quitar/ }).waitFor();
  await page.getByRole('button', { name: /^Cambiar: WOD/ }).click();
  const skip = page.getByRole('button', { name: /^Saltar el/ });

  expect(await skip.textContent()).toContain(` ${dayIn(3).getUTCDate()} `);
  await pause(shown);
  await page.reload();
  await page.getByRole('button', { name: /^Cambiar: WOD/ }).click();
  await expect.poll(() => skip.textContent()).toContain(` ${dayIn(17).getUTCDate()} `);
  await page.unrouteAll({ behavior: 'wait' });
});

test('one date of a routine is skipped and taken back; next week is paused; the routine ends', async () => {
  const phone = await signedInPhone();
  const { page } = phone;
  await page.locator('.day').nth(5).click();
  await page.getByRole('button', { name: /^(Reservar|Prerreservar): WOD, 18:00/ }).click();
  await page.getByRole('button', { name: 'Cada semana' }).click();
  await page.getByText(/^Hecho: cada/).waitFor();
  await goTo(phone, 'Mías');

  await page.getByRole('button', { name: /^Cambiar: WOD/ }).click();
  await page.getByRole('button', { name: /^Saltar el/ }).click();
  await page.getByText(/^saltada: /).waitFor();
  await page.getByRole('button', { name: /^Volver a pedir el/ }).click();
  await expect.poll(() => page.getByText(/^saltada: /).count()).toBe(0);
  await page.getByRole('button', { name: 'Pausar la semana que viene' }).click();
  await page.getByRole('button', { name: /^Quitar: lun/ }).waitFor();
  await page.getByRole('button', { name: 'Terminar la rutina' }).click();
  await page.getByRole('button', { name: 'Terminar la rutina' }).click();

  await page.getByText(/^Ninguna\. Reserva una clase/).waitFor();
});

test('a routine with a misspelt class offers the names of that hour, and a tap takes one over', async () => {
  const { world, newPhone } = on();
  const [member, phone] = [world.member(), await newPhone()];
  const weekday = new Date(world.simulator.now() + 3 * 86_400_000).getUTCDay() || 7;
  const api = world.api.as(await world.login({ ...member, fingerprint: 'other-67890' }));
  await api.post('/v1/routines', { box: 'crossfit-demo', weekday, startsAt: '18:00', className: 'WED' });
  await signIn(phone, member);
  await goTo(phone, 'Mías');

  const offered = phone.page.getByRole('group', { name: '¿Querías decir una de estas?' });
  await offered.getByRole('button', { name: 'WOD', exact: true }).click();

  await expect.poll(() => offered.count()).toBe(0);
  await phone.page.getByRole('button', { name: /^Cambiar: WOD/ }).waitFor();
});

test('without a network the page opens with what it knew, says how old it is, and does later what was asked', async () => {
  const phone = await signedInPhone();
  const { page, context } = phone;
  const day = (await page.locator('.day').nth(2).getAttribute('data-day')) ?? '';
  await chooseDay(phone, day);
  const booking = page.getByRole('button', { name: /^Reservar: OPEN BOX, 20:00/ });
  await booking.waitFor();
  await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
  await expect.poll(() => keptTexts(phone)).toContain(`"crossfit-demo  ${day}"`);

  await context.setOffline(true);
  await page.reload();
  await page.getByText(/^Sin conexión\. Esto es de \d\d:\d\d\.$/).waitFor();
  await chooseDay(phone, day);
  await booking.click();
  await page.getByText('Esperando la red. Se hará en cuanto vuelva.').waitFor();
  await context.setOffline(false);

  await page.getByRole('button', { name: '✓ Reservada: OPEN BOX, 20:00' }).waitFor();
});
