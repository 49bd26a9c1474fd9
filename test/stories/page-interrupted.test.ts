import type { Request, Route } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { addRelative, chooseBox, goTo, keptTexts, type Phone, signIn, untilShown } from '../support/page/open-page.ts';
import { pageWorld } from '../support/page/page-world.ts';
import { untilAnswered } from '../support/stories/api-client.ts';

/** What becomes of a member's taps if the network goes, or another member, person, device or tab comes between. */
const on = pageWorld();

const HOUR = 3_600_000;

/** Makes the page read everything again. */
const REPORT_VISIBLE = "document.dispatchEvent(new Event('visibilitychange'))";

/** Fills in the form of the sign-in, and sends it. */
async function sendPassword({ page }: Phone, { email, password }: { email: string; password: string }): Promise<void> {
  // The settings have fields of the same names, and may be shown still.
  const form = page.locator('main.sign-in');
  await form.getByLabel('Correo').fill(email);
  await form.getByLabel('Contraseña').fill(password);
  await form.getByRole('button', { name: 'Entrar' }).click();
}

/** Pre-books a class for a member on another device. */
async function preBook(member: { email: string; password: string }, name: string): Promise<void> {
  const { world } = on();
  const api = world.api.as(await world.login({ ...member, fingerprint: 'other-12345' }));
  const wanted = await world.addClass({ name, opensInMs: HOUR });
  await untilAnswered(() => api.post('/v1/prebookings', wanted));
}

/** Signs a member out on the page, and the next one in. */
async function changeMember(phone: Phone, next: { email: string; password: string }): Promise<void> {
  await goTo(phone, 'Ajustes');
  await phone.page.getByRole('button', { name: 'En este dispositivo' }).click();
  await sendPassword(phone, next);
  await untilShown(phone, phone.page.getByText(`Has entrado como ${next.email}.`));
}

/** Lets the page handle the answers that it has received. */
const letPageHandleAnswers = ({ page }: Phone) => page.evaluate('new Promise((resolve) => setTimeout(resolve))');

/** Tells the page that the network is back, and waits until it has sent what waited. */
async function restoreNetwork({ page }: Phone): Promise<void> {
  // The browser reports requests in their order, so those of the event come before this one.
  await page.evaluate("(async () => { dispatchEvent(new Event('online')); await fetch('/v1/health'); })()");
}

/** Waits for the first booking request, and holds it back. @returns a function that makes it fail for want of a network. */
const pauseBookingRequest = ({ page }: Phone): Promise<() => Promise<void>> =>
  new Promise((resolve, reject) => {
    const hold = (asked: Route) => resolve(() => asked.abort('internetdisconnected'));
    page.route('**/v1/bookings', hold, { times: 1 }).catch(reject);
  });

/** Checks whether a request books or pre-books a class. */
const isBookingRequest = (request: Request): boolean => request.method() === 'POST' && /bookings$/.test(request.url());

/** Records the bodies of the booking requests that the page sends, in order. */
function recordBookingRequests({ page }: Phone): readonly string[] {
  const bodies: string[] = [];
  page.on('request', (sent) => {
    if (isBookingRequest(sent)) bodies.push(sent.postData() ?? '');
  });
  return bodies;
}

/** Taps the first class of the second day. */
async function tapClass({ page }: Phone): Promise<void> {
  await page.locator('.day').nth(1).click();
  await page.locator('.card .button.offer').first().click();
}

describe('the next member in the same browser', () => {
  test('sees nothing of the member before, even if their answers come late', async () => {
    const { world, newPhone } = on();
    const [before, next, phone] = [world.member(), world.member(), await newPhone()];
    const { page } = phone;
    await preBook(before, 'CLASS BEFORE');
    await preBook(next, 'CLASS NEXT');
    const signedOut = Promise.withResolvers<void>();
    const late: Promise<void>[] = [];
    const answerLate = (route: string, change: { status?: number }) =>
      page.route(
        route,
        async (asked) => {
          const response = await asked.fetch();
          late.push(
            signedOut.promise.then(async () => {
              const received = page.waitForEvent('requestfinished', (request) => request === asked.request());
              await asked.fulfill({ response, ...change });
              await received;
            }),
          );
        },
        { times: 1 },
      );
    await answerLate('**/v1/prebookings?*', {});
    await answerLate('**/v1/bookings?*', { status: 500 });
    await signIn(phone, before);
    await expect.poll(() => late.length).toBe(2);

    await changeMember(phone, next);
    await goTo(phone, 'Mías');
    await page.getByText('CLASS NEXT').waitFor();
    signedOut.resolve();
    await Promise.all(late);
    await letPageHandleAnswers(phone);

    expect(await page.getByText('CLASS NEXT').count()).toBe(1);
    expect(await page.getByText('CLASS BEFORE').count()).toBe(0);
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  test('orders nothing that the member before has tapped', async () => {
    const { world, newPhone } = on();
    const phone = await newPhone();
    const { page } = phone;
    const held = pauseBookingRequest(phone);
    const orders = recordBookingRequests(phone);
    await signIn(phone, world.member());
    await tapClass(phone);
    const loseNetwork = await held;

    await changeMember(phone, world.member());
    await Promise.all([page.waitForEvent('requestfailed', isBookingRequest), loseNetwork()]);
    await letPageHandleAnswers(phone);
    await restoreNetwork(phone);

    expect(orders).toHaveLength(1);
  });

  test('sees nothing of the member before, even if another tab shows them', async () => {
    const { world, newPhone, newTab } = on();
    const [before, next, phone] = [world.member(), world.member(), await newPhone()];
    const { page } = phone;
    await preBook(before, 'CLASS BEFORE');
    await signIn(phone, before);
    await expect.poll(() => keptTexts(phone)).toContain('CLASS BEFORE');
    // This tab asks nothing, so it is not told that its member has signed out.
    await page.route('**/v1/**', (asked) => asked.abort('internetdisconnected'));
    const other = await newTab(phone);
    await changeMember(other, next);
    await expect.poll(() => keptTexts(phone)).not.toContain('CLASS BEFORE');
    await other.page.close();
    await chooseBox(phone, 'crossfit-demo');
    await goTo(phone, 'Ajustes');
    await addRelative(phone, 'RELATIVE BEFORE', '4711');
    await expect.poll(() => keptTexts(phone)).toMatch(/CLASS BEFORE.*RELATIVE BEFORE|RELATIVE BEFORE.*CLASS BEFORE/);

    await page.reload();
    await page.getByText(`Has entrado como ${next.email}.`).waitFor();
    expect(await page.getByText('RELATIVE BEFORE').count()).toBe(0);
    await goTo(phone, 'Mías');
    await page.getByText(/^Ninguna\. Prerreserva/).waitFor();
    expect(await page.getByText('CLASS BEFORE').count()).toBe(0);
    await page.unrouteAll({ behavior: 'wait' });
  });
});

test('a booking that waits for the network keeps the person of its tap', async () => {
  const { world, newPhone } = on();
  const phone = await newPhone();
  const { page } = phone;
  const orders = recordBookingRequests(phone);
  await signIn(phone, world.member());
  await goTo(phone, 'Ajustes');
  await addRelative(phone, 'Ana', '4711');
  await goTo(phone, 'Semana');
  const held = pauseBookingRequest(phone);
  await tapClass(phone);
  await (await held)();
  const waiting = page.getByText('Esperando la red. Se hará en cuanto vuelva.');
  await waiting.waitFor();

  await page.getByRole('button', { name: 'Ana' }).click();
  await expect.poll(() => waiting.count()).toBe(0);
  await restoreNetwork(phone);

  await expect.poll(() => orders.length).toBe(2);
  expect(orders[0]).not.toContain('familyId');
  expect(orders[1]).toBe(orders[0]);
});

test('a booking that was made is shown as booked, even if the network goes before its class is read again', async () => {
  const { world, newPhone } = on();
  const [member, phone] = [world.member(), await newPhone()];
  const { page } = phone;
  await signIn(phone, member);
  await page.route('**/v1/bookings', async (asked) => {
    await page.route('**/v1/classes?*', (reading) => reading.abort('internetdisconnected'));
    await asked.fulfill({ status: 201, json: { status: 'booked', bookingId: '1' } });
  });

  await tapClass(phone);

  await page.locator('.notice', { hasText: /^Sin conexión/ }).waitFor();
  await page
    .locator('.card')
    .getByRole('button', { name: /^✓ Reservada/ })
    .waitFor();
  expect(await page.locator('.card .waiting').count()).toBe(0);
});

describe('a pause', () => {
  test('that another device has made stays when this one adds one', async () => {
    const { world, newPhone } = on();
    const [member, phone] = [world.member(), await newPhone()];
    const api = world.api.as(await world.login({ ...member, fingerprint: 'other-12345' }));
    await signIn(phone, member);
    await goTo(phone, 'Mías');
    await phone.page.getByText(/^Ninguna\. Una pausa/).waitFor();
    const [from, until] = [200, 210].map((days) =>
      new Date(world.simulator.now() + days * 24 * HOUR).toISOString().slice(0, 10),
    );
    const other = { from, until };
    await untilAnswered(() => api.put('/v1/pauses', { pauses: [other] }));

    await phone.page.getByRole('button', { name: 'Pausar la semana que viene' }).click();
    await phone.page.getByRole('button', { name: /^Quitar: lun/ }).waitFor();

    expect((await api.get('/v1/pauses')).body['pauses']).toEqual([expect.objectContaining(other), expect.anything()]);
  });

  test('cannot replace one that waits for the network', async () => {
    const { world, newPhone } = on();
    const phone = await newPhone();
    const { page } = phone;
    await signIn(phone, world.member());
    await goTo(phone, 'Mías');
    const nextWeek = page.getByRole('button', { name: 'Pausar la semana que viene' });
    await nextWeek.waitFor();
    await page.route('**/v1/pauses', (asked) => asked.abort('internetdisconnected'), { times: 1 });

    await nextWeek.click();
    await page.getByText('Esperando la red. Se hará en cuanto vuelva.').waitFor();
    await page.getByRole('button', { name: 'Añadir una pausa' }).click();

    expect(await page.getByRole('button', { name: 'Pausar', exact: true }).isDisabled()).toBe(true);
    await restoreNetwork(phone);
    await page.getByRole('button', { name: /^Quitar: lun/ }).waitFor();
  });
});

describe('a sign-in', () => {
  test('is not repeated with a password that is no longer in the form', async () => {
    const { world, newPhone } = on();
    const [member, phone] = [world.member(), await newPhone()];
    const { page } = phone;
    const repeat = page.getByRole('button', { name: 'Repetir' });
    await page.route('**/v1/login', (asked) => asked.abort('internetdisconnected'), { times: 1 });
    await sendPassword(phone, { ...member, password: 'mistyped' });
    await repeat.waitFor();

    await page.getByLabel('Contraseña').fill(member.password);

    await expect.poll(() => repeat.count()).toBe(0);
  });

  test('in another tab reloads the tab whose session it has ended', async () => {
    const { world, newPhone, newTab } = on();
    const [member, phone] = [world.member(), await newPhone()];
    const { page } = phone;
    await signIn(phone, member);
    await goTo(phone, 'Ajustes');
    // Between the sign-out and the sign-in, this tab asks nothing.
    await page.route('**/v1/**', (asked) => asked.abort('internetdisconnected'));
    const other = await newTab(phone);
    await changeMember(other, member);
    await page.unroute('**/v1/**');

    await Promise.all([page.waitForEvent('load'), page.evaluate(REPORT_VISIBLE)]);

    await untilShown(phone, page.getByText(`Has entrado como ${member.email}.`));
    await other.page.reload();
    await untilShown(other, other.page.getByText(`Has entrado como ${member.email}.`));
  });

  test('that an action needs completes, even if another request gets a 401 for the old token', async () => {
    const { world, newPhone } = on();
    const [member, phone] = [world.member(), await newPhone()];
    const { page } = phone;
    await signIn(phone, member);
    await goTo(phone, 'Ajustes');
    const refuse = (status: number, code: string) => (asked: Route) => asked.fulfill({ status, json: { code } });
    await page.route('**/v1/account', refuse(403, 'login-required'), { times: 1 });
    await page.getByRole('button', { name: 'Borrar la cuenta' }).click();
    await page.getByRole('button', { name: 'Borrar para siempre' }).click();
    const held = Promise.withResolvers<void>();
    await page.route('**/v1/login', (asked) => held.promise.then(() => asked.continue()));
    const password = page.getByRole('textbox', { name: 'Contraseña' });
    await password.fill(member.password);
    await password.press('Enter');
    await page.route('**/v1/prebookings?*', refuse(401, 'unauthenticated'), { times: 1 });
    await Promise.all([page.waitForResponse('**/v1/prebookings?*'), page.evaluate(REPORT_VISIBLE)]);
    await letPageHandleAnswers(phone);

    await Promise.all([page.waitForRequest('**/v1/account'), held.resolve()]);
  });
});
