import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { addRelative, deleteAccount, goTo, keptTexts, signIn, untilShown } from '../support/page/open-page.ts';
import { pageWorld } from '../support/page/page-world.ts';

/** What members change in the settings of the page. */
const on = pageWorld();

async function settingsOf(member = on().world.member()) {
  const phone = await on().newPhone();
  await signIn(phone, member);
  await goTo(phone, 'Ajustes');
  return phone;
}

test('a revoked device is signed out at its next request, and comes back to the same place', async () => {
  const { world } = on();
  const member = world.member();
  const [mine, lost] = [await settingsOf(member), await settingsOf(member)];

  await mine.page.reload();
  await mine.page.getByRole('button', { name: /^Cerrar sesión: / }).click();
  await expect.poll(() => mine.page.getByRole('button', { name: /^Cerrar sesión: / }).count()).toBe(0);
  await lost.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");

  await lost.page.getByText('Tu sesión ha terminado. Entra otra vez y seguirás donde estabas.').waitFor();
  expect(await keptTexts(lost)).not.toMatch(/otd_|@example\.com/);
  await lost.page.getByLabel('Correo').fill(member.email);
  await lost.page.getByLabel('Contraseña').fill(member.password);
  await lost.page.getByRole('button', { name: 'Entrar' }).click();
  await untilShown(lost, lost.page.getByText(`Has entrado como ${member.email}.`));
  expect(await lost.page.getByRole('alert').count()).toBe(0);
});

test('the language changes at once and stays, in the messages too', async () => {
  const { page } = await settingsOf();
  await page.getByLabel('Correo cuando se reserva o algo falla').check();

  await page.getByRole('button', { name: 'Català' }).click();
  await page.getByRole('heading', { name: 'Dispositius' }).waitFor();
  await page.reload();

  await page.getByRole('link', { name: 'Setmana' }).waitFor();
  expect(await page.evaluate('document.documentElement.lang')).toBe('ca');
});

test('the calendar’s link is made, shown as a code, and revoked', async () => {
  const { world } = on();
  const { page } = await settingsOf();

  await page.getByRole('button', { name: 'Crear el enlace' }).click();
  const link = page.getByText(/\/v1\/calendar\/[\w-]+\.ics$/);
  await link.waitFor();
  await page.getByRole('img', { name: 'Calendario' }).waitFor();
  const path = new URL((await link.textContent()) ?? '').pathname;
  expect((await world.api.get(path)).text).toContain('BEGIN:VCALENDAR');
  await page.getByLabel('Aviso').selectOption('30');
  await page.getByText(`${path}?alarmMinutes=30`).waitFor();
  await page.getByRole('button', { name: 'Anular el enlace' }).click();

  await page.getByText('Enlace anulado.').waitFor();
  expect((await world.api.get(path)).status).toBe(404);
});

test('a link that the browser does not copy is said to be left to the member', async () => {
  const { page } = await settingsOf();
  await page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('no permission'))");
  await page.getByRole('button', { name: 'Crear el enlace' }).click();

  await page.getByRole('button', { name: 'Copiar' }).click();

  await page.getByText('No se ha podido copiar. Marca la dirección y cópiala.').waitFor();
});

test('the server’s session ends only after a question', async () => {
  const { world } = on();
  const member = world.member();
  const { page } = await settingsOf(member);

  await page.getByRole('button', { name: 'Terminarla' }).click();
  await page.getByText('Sin la sesión del servidor no se reserva nada por ti. ¿Terminarla?').waitFor();
  expect(await world.backgroundSessionOf(member.email)).toBeDefined();
  await page.getByRole('alert').getByRole('button', { name: 'Terminarla' }).click();

  await expect.poll(() => world.backgroundSessionOf(member.email)).toBeUndefined();
});

test('a relative is named, and the page books for them', async () => {
  const { world } = on();
  const phone = await settingsOf();
  const { page } = phone;
  await addRelative(phone, 'Ona', world.simulator.demo.familyId);
  await goTo(phone, 'Semana');
  await page.getByRole('button', { name: 'Ona' }).click();
  await page.locator('.day').nth(1).click();

  await page
    .getByRole('button', { name: /^Reservar/ })
    .first()
    .click();
  await page.getByText('✓ Reservada').waitFor();
  await page.getByRole('button', { name: 'Para mí' }).click();

  await expect.poll(() => page.getByText('✓ Reservada').count()).toBe(0);
});

test('a relative who has a routine loses only the name when removed', async () => {
  const { world } = on();
  const member = world.member();
  const api = world.api.as(await world.login({ ...member, fingerprint: 'other-13579' }));
  const { familyId } = world.simulator.demo;
  const weekly = { box: 'crossfit-demo', weekday: 3, startsAt: '18:00', className: 'WOD' };
  expect((await api.post('/v1/routines', { ...weekly, familyId })).status).toBe(201);
  const phone = await settingsOf(member);
  const { page } = phone;
  const removals = page.getByRole('button', { name: /^Quitar a / });

  await page.getByRole('heading', { name: familyId }).waitFor();
  expect(await removals.count()).toBe(0);
  await addRelative(phone, 'Ona', familyId);
  await removals.click();

  await page.getByRole('heading', { name: familyId }).waitFor();
  expect(await removals.count()).toBe(0);
});

test('everything that is kept is downloaded, and then deleted', async () => {
  const { world } = on();
  const member = world.member();
  const phone = await settingsOf(member);
  const { page } = phone;
  const downloaded = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Descargar todo lo guardado' }).click();
  const file = await downloaded;
  expect(file.suggestedFilename()).toBe('on-the-dot.json');
  expect(JSON.parse(await text(await file.createReadStream()))).toMatchObject({ email: member.email });

  await page.getByRole('button', { name: 'Borrar la cuenta' }).click();
  await page.getByText(/^Se borra todo/).waitFor();
  await page.getByRole('button', { name: 'Borrar para siempre' }).click();

  await page.getByLabel('Contraseña').waitFor();
  expect(await keptTexts(phone)).not.toMatch(/otd_|@example\.com/);
  await expect.poll(() => world.backgroundSessionOf(member.email)).toBeUndefined();
});

test('who signs out leaves nothing behind', async () => {
  const phone = await settingsOf();

  await phone.page.getByRole('button', { name: 'En este dispositivo' }).click();

  await phone.page.getByLabel('Contraseña').waitFor();
  expect(await keptTexts(phone)).not.toMatch(/otd_|WOD|@example\.com|demo-password/);
});

test('after a sign-out during a login, the page still sees that the server ends the next session', async () => {
  const { world, newPhone } = on();
  const [member, phone] = [world.member(), await newPhone()];
  const { page } = phone;
  await signIn(phone, member);
  await goTo(phone, 'Ajustes');
  await page.route('**/v1/account', (asked) => asked.fulfill({ status: 403, json: { code: 'login-required' } }));
  await deleteAccount(phone);
  const password = page.getByRole('textbox', { name: 'Contraseña' });
  await password.fill(member.password);
  // This login is never answered.
  await page.route('**/v1/login', () => undefined, { times: 1 });
  await Promise.all([page.waitForRequest('**/v1/login'), password.press('Enter')]);
  await page.getByRole('button', { name: 'En este dispositivo' }).click();
  const form = page.locator('main.sign-in');
  await form.getByLabel('Correo').fill(member.email);
  await form.getByLabel('Contraseña').fill(member.password);
  await form.getByRole('button', { name: 'Entrar' }).click();
  await untilShown(phone, page.getByText(`Has entrado como ${member.email}.`));

  await page.route('**/v1/prebookings?*', (asked) => asked.fulfill({ status: 401, json: { code: 'unauthenticated' } }));
  // Again and again, because the page shares a reading that still runs.
  await expect
    .poll(async () => {
      await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
      // Not the sentence that the session has ended: a failed reading shows it too.
      return form.count();
    })
    .toBe(1);
});
