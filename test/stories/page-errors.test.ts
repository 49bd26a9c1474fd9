import { expect, test } from 'vitest';
import { PROBLEMS } from '../../lib/http/problem.ts';
import {
  cardOf,
  chooseBox,
  chooseDay,
  deleteAccount,
  goTo,
  type Phone,
  signIn,
  signInInAnyLanguage,
  untilShown,
} from '../support/page/open-page.ts';
import { pageWorld } from '../support/page/page-world.ts';
import { untilAnswered } from '../support/stories/api-client.ts';

/** What the page says when something is refused or fails, and how the member goes on. Answers that are hard to have are made up. */
const on = pageWorld();

const LOCALES = { es: 'es-ES', ca: 'ca-ES', en: 'en-GB' };

/** What the made-up answers say in English, which no member may be shown. */
const DETAIL = 'a detail that only engineers read';

type MadeUp = { status: number; code?: string; retryAfter?: number };

/** Answers every request to a route with a problem, from now on. */
async function answerWith({ page }: Phone, route: string, { status, code, retryAfter }: MadeUp): Promise<void> {
  await page.unroute(route);
  await page.route(route, (asked) =>
    asked.fulfill({
      status,
      headers: {
        'content-type': code === undefined ? 'application/json' : 'application/problem+json',
        ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      },
      body: JSON.stringify(code === undefined ? { message: DETAIL } : { status, code, detail: DETAIL, title: DETAIL }),
    }),
  );
}

const BOOKINGS = '**/v1/bookings';

/** The first offer of a class, in any language. */
const offerOf = ({ page }: Phone) => page.locator('.card .button.offer').first();

/** What the card of a class says. The page says above the cards why a loading has failed. */
const alertOf = ({ page }: Phone) => page.locator('.card').getByRole('alert');

async function refusalsIn(locale: string): Promise<ReadonlyMap<string, string>> {
  const { world, newPhone } = on();
  const phone = await newPhone({ locale });
  await signInInAnyLanguage(phone, world.member());
  await phone.page.locator('.day').nth(1).click();
  const said = new Map<string, string>();
  for (const [code, { status }] of Object.entries(PROBLEMS)) {
    if (status === 401) continue;
    await answerWith(phone, BOOKINGS, { status, code });
    const answered = phone.page.waitForResponse(BOOKINGS);
    await offerOf(phone).click();
    await answered;
    const alert = alertOf(phone);
    await expect.poll(() => alert.getByRole('button').count()).toBeGreaterThan(0);
    await expect.poll(() => offerOf(phone).isEnabled()).toBe(true);
    said.set(code, (await alert.locator('p').textContent()) ?? '');
  }
  return said;
}

test('every refusal has a sentence of its own in each language, and a way on', async () => {
  const [es, ca, en] = await Promise.all(Object.values(LOCALES).map(refusalsIn));

  for (const [code, spanish] of es ?? []) {
    const sentences = [spanish, ca?.get(code) ?? '', en?.get(code) ?? ''];
    expect({ code, distinct: new Set(sentences).size }).toEqual({ code, distinct: 3 });
    for (const sentence of sentences) {
      expect({ code, length: sentence.length > 15 }).toEqual({ code, length: true });
      expect(sentence).not.toContain(DETAIL);
    }
  }
  expect(new Set(es?.values()).size).toBeGreaterThan(25);
});

test.each(Object.entries(LOCALES))('429 tells the time that is left, in %s', async (_language, locale) => {
  const { world, newPhone } = on();
  const phone = await newPhone({ locale });
  await signInInAnyLanguage(phone, world.member());
  await phone.page.locator('.day').nth(1).click();

  await answerWith(phone, BOOKINGS, { status: 429, code: 'too-many-requests', retryAfter: 5 });
  const alert = alertOf(phone);
  // Both at one look, which begins before they are there: between two, the time may pass.
  const told = alert
    .filter({ hasText: /[1-5] s\./, has: phone.page.getByRole('button', { disabled: true }) })
    .waitFor();
  await offerOf(phone).click();
  await told;
  await phone.page.unroute(BOOKINGS);
  await expect.poll(() => alert.getByRole('button').isEnabled()).toBe(true);
  await alert.getByRole('button').click();

  await phone.page.locator('.chip').first().waitFor();
});

test.each(Object.entries(LOCALES))(
  'a gateway that answers without a code is told by its status, in %s',
  async (_language, locale) => {
    const { world, newPhone } = on();
    const phone = await newPhone({ locale });
    await signInInAnyLanguage(phone, world.member());
    await phone.page.locator('.day').nth(1).click();
    const said: string[] = [];

    for (const status of [429, 500, 503]) {
      await answerWith(phone, BOOKINGS, { status });
      await offerOf(phone).click();
      const sentence = alertOf(phone).locator('p');
      await expect.poll(async () => (await sentence.textContent()) ?? '').not.toBe(said.at(-1) ?? '');
      said.push((await sentence.textContent()) ?? '');
      if (status === 500) said.push('');
    }

    expect(said.filter((sentence) => sentence.includes(DETAIL))).toEqual([]);
    expect(said.filter((sentence) => sentence.length > 15)).toHaveLength(3);
  },
);

test.each([
  ['es', 'Entrar', 'El correo o la contraseña no son correctos.', /^Este box solo admite a sus miembros/],
  ['ca', 'Entrar', 'El correu o la contrasenya no són correctes.', /^Aquest box només admet els seus membres/],
  ['en', 'Sign in', 'The e-mail or the password is not right.', /^Only members who were invited can sign in here/],
] as const)('a refused sign-in says why, in %s', async (language, button, wrong, uninvited) => {
  const { world, newPhone } = on();
  const phone = await newPhone({ locale: LOCALES[language] });
  const { page } = phone;
  await page.locator('input[type=email]').fill(world.member().email);
  await page.locator('input[type=password]').fill('not-the-password');
  await page.getByRole('button', { name: button, exact: true }).click();
  await untilShown(phone, page.getByRole('alert').getByText(wrong));

  await answerWith(phone, '**/v1/login', { status: 403, code: 'not-invited' });
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.getByRole('alert').getByText(uninvited).waitFor();
});

test.each([
  ['es-ES', 'Tu sesión ha terminado. Entra otra vez y seguirás donde estabas.'],
  ['ca-ES', 'La teva sessió ha acabat. Torna a entrar i seguiràs on eres.'],
  ['en-GB', 'Your session has ended. Sign in again and you will be where you were.'],
])('401 leads to the sign-in with one sentence, in %s', async (locale, sentence) => {
  const { world, newPhone } = on();
  const phone = await newPhone({ locale });
  await signInInAnyLanguage(phone, world.member());
  await answerWith(phone, BOOKINGS, { status: 401, code: 'unauthenticated' });
  await phone.page.locator('.day').nth(1).click();
  await offerOf(phone).click();

  await phone.page.getByText(sentence).waitFor();
  await phone.page.locator('input[type=password]').waitFor();
});

test('a password that is sent twice signs in once', async () => {
  const { world, newPhone } = on();
  const [member, phone] = [world.member(), await newPhone()];
  const { page } = phone;
  await signInInAnyLanguage(phone, member);
  await goTo(phone, 'Ajustes');
  await answerWith(phone, '**/v1/account', { status: 403, code: 'login-required' });
  await deleteAccount(phone);
  const held = Promise.withResolvers<void>();
  const logins: string[] = [];
  await page.route('**/v1/login', async (asked) => {
    logins.push(asked.request().url());
    await held.promise;
    await asked.continue();
  });

  // The settings' tokens, which are password fields too, may be shown by now.
  const password = page.getByRole('textbox', { name: 'Contraseña' });
  await password.fill(member.password);
  await password.press('Enter');
  await password.press('Enter');
  const repeated = page.waitForRequest('**/v1/account');
  held.resolve();
  await repeated;

  expect(logins).toHaveLength(1);
});

test('a routine is ended after its action that runs: meanwhile nothing pretends that it could be', async () => {
  const { world, newPhone } = on();
  const [member, phone] = [world.member(), await newPhone()];
  const { page } = phone;
  const weekday = new Date(world.simulator.now() + 3 * 86_400_000).getUTCDay() || 7;
  const api = world.api.as(await world.login({ ...member, fingerprint: 'other-67890' }));
  await api.post('/v1/routines', { box: 'crossfit-demo', weekday, startsAt: '18:00', className: 'WOD' });
  await signInInAnyLanguage(phone, member);
  await goTo(phone, 'Mías');
  const held = Promise.withResolvers<void>();
  await page.route('**/v1/routines/*', async (asked) => {
    if (asked.request().method() === 'PATCH') await held.promise;
    await asked.continue();
  });

  await page.getByRole('button', { name: /^Cambiar: WOD/ }).click();
  await page.getByRole('button', { name: /^Saltar el/ }).click();
  await page.getByRole('button', { name: 'Terminar la rutina' }).click();
  const end = page
    .getByRole('group', { name: 'Terminar la rutina' })
    .getByRole('button', { name: 'Terminar la rutina' });

  expect(await end.isDisabled()).toBe(true);
  held.resolve();
  await end.click();
  await page.getByText(/^Ninguna\. Reserva una clase/).waitFor();
});

type Listed = { readonly familyId: string | null; readonly opensAt: string };

/** Answers every reading of the pre-bookings with the real ones, changed. */
const changePrebookings = ({ page }: Phone, change: (one: Listed) => object) =>
  page.route('**/v1/prebookings?*', async (asked) => {
    const response = await asked.fetch();
    if (!response.ok()) return asked.fulfill({ response });
    const listed = await response.json();
    await asked.fulfill({ response, json: { ...listed, prebookings: listed.prebookings.map(change) } });
  });

/** An outcome that a firing finds before it has sent a shot. */
const NO_SHOT = { bookingId: null, code: null, message: null, firedAt: null, latenessMs: null, latenessBoundMs: null };

/** A member with a pre-booking, and the member's phone. */
async function withPrebooking(name: string) {
  const { world, newPhone } = on();
  const [member, phone] = [world.member(), await newPhone()];
  const api = world.api.as(await world.login({ ...member, fingerprint: 'other-67890' }));
  const wanted = await world.addClass({ name, opensInMs: 3_600_000 });
  await untilAnswered(() => api.post('/v1/prebookings', wanted));
  return { world, member, phone, page: phone.page, wanted };
}

test('a pre-booking that ended without a shot says why where its countdown was', async () => {
  const { world, member, phone, page } = await withPrebooking('MOVED WOD');
  const result = { ...NO_SHOT, outcome: 'missed', shots: 0, aimedBy: null };
  const opensAt = new Date(world.simulator.now() - 5_000).toISOString();
  await changePrebookings(phone, (one) => ({ ...one, opensAt, status: 'failed', result }));

  await signIn(phone, member);

  const moment = page.getByRole('region', { name: 'MOVED WOD' });
  await moment.getByText('No reservada: el servidor no llegó a tiempo.').waitFor();
  await page.unrouteAll({ behavior: 'wait' });
});

test('a relative’s pre-booking is shown as theirs, and the member is not offered their waitlist', async () => {
  const { world, member, phone, page, wanted } = await withPrebooking('FULL WOD');
  const result = { ...NO_SHOT, outcome: 'class-full', shots: 1, aimedBy: null };
  const opensAt = new Date(world.simulator.now() - 5_000).toISOString();
  await changePrebookings(phone, (one) => ({ ...one, familyId: '4711', opensAt, status: 'failed', result }));
  await page.route('**/v1/classes?*', async (asked) => {
    const response = await asked.fetch();
    if (!response.ok()) return asked.fulfill({ response });
    const listed = await response.json();
    const classes = listed.classes.map((one: { classId: string }) =>
      one.classId === wanted.classId ? { ...one, state: 'full', waitlist: 3 } : one,
    );
    await asked.fulfill({ response, json: { ...listed, classes } });
  });
  await signIn(phone, member);
  await chooseBox(phone, wanted.box);
  await chooseDay(phone, wanted.day);
  await cardOf(phone, wanted.classId)
    .getByRole('button', { name: /^Lista de espera/ })
    .waitFor();
  const moment = page.getByRole('region', { name: 'FULL WOD' });

  await moment.getByText('4711').waitFor();
  expect(await moment.getByRole('button').count()).toBe(0);
  await page.getByRole('group', { name: 'Para quién' }).getByRole('button', { name: '4711' }).click();
  await moment.getByRole('button', { name: 'Lista de espera' }).waitFor();
  await page.unrouteAll({ behavior: 'wait' });
});
