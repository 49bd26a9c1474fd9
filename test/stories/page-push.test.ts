import { expect, test } from 'vitest';
import { startBrowser } from '../support/notifications/push-browser.ts';
import { goTo, type Phone, signIn } from '../support/page/open-page.ts';
import { pageWorld } from '../support/page/page-world.ts';

/*
 * Messages on this device. The machine has no push service, so the browser's `PushManager` and its permission are made up; the page and the
 * API are real. What the service worker shows is not tested.
 */
const on = pageWorld();

/** Makes up what a browser's push service gives. @param works whether it gives a subscription. */
const pushService = (endpoint: string, works = true) => `
  Object.defineProperty(Notification, 'permission', { get: () => 'granted' });
  Notification.requestPermission = async () => 'granted';
  const made = () => ({
    endpoint: ${JSON.stringify(endpoint)},
    toJSON: () => ({ endpoint: ${JSON.stringify(endpoint)}, expirationTime: null, keys: ${JSON.stringify(startBrowser().texts)} }),
    unsubscribe: async () => { localStorage.removeItem('made-up-push'); return true; },
  });
  PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
    if (!${works}) throw new DOMException('Registration failed - push service not available', 'AbortError');
    if (!userVisibleOnly || applicationServerKey.length !== 65) throw new TypeError('no key');
    localStorage.setItem('made-up-push', 'yes');
    return made();
  };
  PushManager.prototype.getSubscription = async () => (localStorage.getItem('made-up-push') ? made() : null);`;

async function settingsOf(script: string) {
  const { world, newPhone } = on();
  const member = world.member();
  const phone = await newPhone();
  await phone.context.addInitScript(script);
  await phone.page.goto(world.stack.url);
  await signIn(phone, member);
  await goTo(phone, 'Ajustes');
  return { member, ...phone };
}

const browsersOf = async (phone: Phone) =>
  (await phone.page.evaluate(`(async () => {
    const request = indexedDB.open('on-the-dot', 1);
    await new Promise((resolve) => { request.onsuccess = resolve; });
    const read = request.result.transaction('kept').objectStore('kept').get('session');
    await new Promise((resolve) => { read.onsuccess = resolve; });
    const headers = { authorization: 'Bearer ' + read.result.accessToken };
    const { notifications } = await (await fetch('/v1/notifications', { headers })).json();
    return notifications.push.map(({ endpoint }) => endpoint);
  })()`)) as string[];

test('a member turns messages on and off on this device, and signing out turns them off', async () => {
  const endpoint = 'https://push.invalid/of-the-page';
  const phone = await settingsOf(pushService(endpoint));
  const { page } = phone;

  await page.getByRole('button', { name: 'Activar', exact: true }).click();
  await page.getByText('Activados.', { exact: true }).waitFor();
  expect(await browsersOf(phone)).toEqual([endpoint]);
  await page.reload();
  await page.getByText('Activados.', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Desactivar' }).click();
  await page.getByText('Desactivados.', { exact: true }).waitFor();
  expect(await browsersOf(phone)).toEqual([]);

  await page.getByRole('button', { name: 'Activar', exact: true }).click();
  await page.getByText('Activados.', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'En este dispositivo' }).click();
  await page.getByRole('button', { name: 'Entrar' }).waitFor();
  await expect.poll(() => page.evaluate(`localStorage.getItem('made-up-push')`)).toBeNull();
});

test('a browser whose push service gives nothing says so, and a test says that nothing is turned on', async () => {
  const { page } = await settingsOf(pushService('https://push.invalid/none', false));

  await page.getByRole('button', { name: 'Activar', exact: true }).click();
  await page.getByText('El servicio de avisos del navegador no responde.').waitFor();
  await page.getByRole('button', { name: 'Enviar un mensaje de prueba' }).click();
  await page.getByText('No hay nada activado.').waitFor();
});

test('a topic of ntfy is set, and its token is not shown again', async () => {
  const { page } = await settingsOf('');
  await page.getByText('ntfy', { exact: true }).click();
  await page.getByLabel('Dirección del tema').fill('https://localhost/ada');
  await page.getByLabel('Token, si hace falta').fill('tk_secret');

  await page.getByRole('button', { name: 'Guardar' }).first().click();

  // This machine finds no public host, so the service refuses the address, and the page says so.
  await page.getByText('El servidor no ha entendido la petición').waitFor();
});
