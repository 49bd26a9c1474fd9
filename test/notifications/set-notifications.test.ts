import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NotificationsAnswer } from '../../infra/catalog/openapi/components.ts';
import { NotificationsBody } from '../../lib/notifications/notification-api.ts';
import { KINDS } from '../../lib/notifications/notification-settings.ts';
import { isPublicAddress } from '../../lib/notifications/public-address.ts';
import { secretContext } from '../../lib/notifications/receiver-channel.ts';
import { settingsView } from '../../lib/notifications/settings-view.ts';
import { decrypt } from '../../lib/platform/encryption.ts';
import { HOOK, NotifiedMember } from '../support/notifications/delivery-world.ts';
import { loopback } from '../support/notifications/receiver.ts';
import { forgetfulDocuments, startDynamo } from '../support/platform/dynamo.ts';
import { defined, storeKeys } from '../support/sessions/session-world.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const OTHER = 'https://other.example.com/';

test('a new secret is shown once, in the form that Standard Webhooks asks for, and is stored encrypted', async () => {
  const member = new NotifiedMember(dynamo.documents);

  const { settings, secret } = await member.set({ webhook: { url: HOOK } });

  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const answer = { notifications: { ...settingsView(settings, [], secret), pushPublicKey: 'key' } };
  expect(NotificationsAnswer.parse(answer)).toEqual({
    notifications: {
      webhook: { url: HOOK, state: 'active', disabledAt: null, lastError: null, secret },
      ...{ ntfy: null, telegram: null, push: [], pushPublicKey: 'key' },
      email: false,
      language: 'es',
      events: [...KINDS],
    },
  });
  expect(JSON.stringify(settings)).not.toContain(defined(secret).slice('whsec_'.length));
});

test('a new secret is shown although the answer of the database was lost', async ({ onTestFinished }) => {
  const forgetful = forgetfulDocuments(dynamo.endpoint);
  onTestFinished(() => forgetful.documents.destroy());
  const member = new NotifiedMember(forgetful.documents);
  forgetful.loseWrite(1);

  const { settings, secret } = await member.set({ webhook: { url: HOOK } });

  expect(forgetful.lost()).toBe(true);
  const stored = decrypt(
    storeKeys,
    defined(settings.webhook?.encryptedSecret ?? undefined),
    secretContext(member.email, 'webhook'),
  );
  expect(stored).toBe(secret);
});

test('a webhook whose URL stays keeps its secret; another URL gets another one', async () => {
  const member = new NotifiedMember(dynamo.documents);
  const first = await member.set({ webhook: { url: HOOK } });

  const again = await member.set({ webhook: { url: HOOK }, language: 'ca', events: ['failed', 'booked', 'failed'] });
  const elsewhere = await member.set({ webhook: { url: OTHER } });

  expect(again.secret).toBeUndefined();
  expect(again.settings).toMatchObject({ language: 'ca', events: ['booked', 'failed'] });
  expect(again.settings.webhook).toEqual(first.settings.webhook);
  expect(elsewhere.secret).not.toBe(first.secret);
  expect(elsewhere.settings).toMatchObject({ language: 'es', webhook: { address: OTHER } });
});

test('a field that is left out returns to its default', async () => {
  const member = new NotifiedMember(dynamo.documents);
  await member.set({ webhook: { url: HOOK }, email: true, language: 'en', events: [] });
  expect(await member.deps.settings.find(member.email)).toMatchObject({ events: [] });

  const { settings, secret } = await member.set({});

  expect(secret).toBeUndefined();
  expect(settings).toEqual({
    ...{ webhook: null, ntfy: null, telegram: null },
    email: false,
    language: 'es',
    events: [...KINDS],
  });
  expect((await member.set({ webhook: { url: HOOK } })).secret).toBeDefined();
});

test('changing other settings keeps the record of a failing webhook', async () => {
  const member = new NotifiedMember(dynamo.documents);
  await member.set({ webhook: { url: HOOK } });
  await member.settings.recordFailure(
    member.email,
    'webhook',
    defined((await member.webhook()) ?? undefined),
    'timeout',
    1_000,
  );

  const { settings } = await member.set({ webhook: { url: HOOK }, language: 'en' });

  expect(settings.webhook).toMatchObject({ failingSince: 1_000, lastError: 'timeout' });
});

test('setting a disabled webhook again activates it with its old secret', async () => {
  const member = new NotifiedMember(dynamo.documents);
  const { settings: before } = await member.set({ webhook: { url: HOOK } });
  const seen = defined(before.webhook ?? undefined);
  await member.settings.disable(member.email, 'webhook', seen, 'status-410', 1_000);
  expect(settingsView(defined(await member.deps.settings.find(member.email)), []).webhook).toEqual({
    url: HOOK,
    state: 'disabled',
    disabledAt: '1970-01-01T00:00:01.000Z',
    lastError: 'status-410',
  });

  const { settings, secret } = await member.set({ webhook: { url: HOOK } });

  expect(secret).toBeUndefined();
  expect(settings.webhook).toMatchObject({
    disabledAt: null,
    failingSince: null,
    lastError: null,
    encryptedSecret: seen.encryptedSecret,
  });
});

test('of two concurrent requests that set the same webhook, one is shown the secret, and it is the stored one', async () => {
  const member = new NotifiedMember(dynamo.documents);

  const both = await Promise.all([member.set({ webhook: { url: HOOK } }), member.set({ webhook: { url: HOOK } })]);

  const [secret, ...more] = both.flatMap((one) => one.secret ?? []);
  expect(more).toEqual([]);
  expect(
    decrypt(
      storeKeys,
      defined((await member.webhook())?.encryptedSecret ?? undefined),
      secretContext(member.email, 'webhook'),
    ),
  ).toBe(secret);
});

test('twelve concurrent requests with a webhook of their own all succeed, and the last one’s secret is the stored one', async () => {
  const member = new NotifiedMember(dynamo.documents);
  const urls = Array.from({ length: 12 }, (_, index) => `https://hooks.example.com/${index}`);

  const answers = await Promise.all(urls.map((url) => member.set({ webhook: { url } })));

  const encryptedSecret = defined((await member.webhook())?.encryptedSecret ?? undefined);
  const secrets = answers.map(({ secret }) => secret);
  expect(new Set(secrets).size).toBe(12);
  expect(secrets).toContain(decrypt(storeKeys, encryptedSecret, secretContext(member.email, 'webhook')));
});

test('two concurrent changes do not mix: one of them wins as a whole', async () => {
  for (let round = 0; round < 10; round += 1) {
    const member = new NotifiedMember(dynamo.documents);
    await member.set({ webhook: { url: HOOK } });

    await Promise.all([
      member.set({ webhook: { url: OTHER }, language: 'ca' }),
      member.set({ webhook: { url: HOOK }, language: 'en' }),
    ]);

    const { webhook, language } = defined(await member.deps.settings.find(member.email));
    expect([`${OTHER} ca`, `${HOOK} en`]).toContain(`${webhook?.address} ${language}`);
  }
});

describe('refused', () => {
  const refusal = { code: 'invalid-request', message: expect.stringMatching(/^body\.webhook\.url: /) };
  const at = (...addresses: readonly string[]) => ({
    isPublic: isPublicAddress,
    resolve: async () => addresses.map((address) => ({ address, family: 4 })),
  });

  test.each([
    ['leads to a private address', at('10.0.0.1')],
    ['leads to the metadata of EC2', at('169.254.169.254')],
    ['leads to a public and a private address', at('8.8.8.8', '192.168.1.1')],
    ['is not found', { ...loopback, resolve: () => Promise.reject(new Error('ENOTFOUND')) }],
  ])('is a host that %s', async (_name, resolver) => {
    const member = new NotifiedMember(dynamo.documents);

    await expect(member.set({ webhook: { url: HOOK } }, { resolver })).rejects.toMatchObject(refusal);
    expect(await member.webhook()).toBeNull();
  });

  test('is mail in an installation that sends none', async () => {
    await expect(new NotifiedMember(dynamo.documents).set({ email: true }, { sendsMail: false })).rejects.toMatchObject(
      {
        code: 'invalid-request',
        message: 'body.email: this installation sends no mail',
      },
    );
  });

  test.each([
    ['an unknown field', { sms: true }],
    ['a field that the answer has', { webhook: { url: HOOK, secret: 'whsec_mine' } }],
    ['a language', { language: 'fr' }],
    ['an event', { events: ['lunch'] }],
    ['plain HTTP', { webhook: { url: 'http://hooks.example.com/' } }],
    ['an address', { webhook: { url: 'https://[::1]/' } }],
    ['a URL without end', { webhook: { url: `${HOOK}${'x'.repeat(2_000)}` } }],
  ])('is %s', (_name, body) => {
    expect(NotificationsBody.safeParse(body).success).toBe(false);
  });
});
