import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isPublicAddress } from '../../lib/notifications/public-address.ts';
import { secretContext } from '../../lib/notifications/receiver-channel.ts';
import { settingsView } from '../../lib/notifications/settings-view.ts';
import { decrypt } from '../../lib/platform/encryption.ts';
import { NotifiedMember } from '../support/notifications/delivery-world.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { defined, storeKeys } from '../support/sessions/session-world.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const TOPIC = 'https://ntfy.example.com/ada-3f9c';
const BOT = '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11';

const tokenOf = async (member: NotifiedMember, channel: 'ntfy' | 'telegram') => {
  const envelope = (await member.receiver(channel))?.encryptedSecret;
  return envelope ? decrypt(storeKeys, envelope, secretContext(member.email, channel)) : null;
};

test('a token is stored encrypted, and never shown', async () => {
  const member = new NotifiedMember(dynamo.documents);

  const { settings, secret } = await member.set({
    ntfy: { url: TOPIC, token: 'tk_secret' },
    telegram: { botToken: BOT, chatId: '@box_sur' },
  });

  expect(secret).toBeUndefined();
  expect(settingsView(settings, [])).toMatchObject({
    ntfy: { url: TOPIC, hasToken: true, state: 'active', disabledAt: null, lastError: null },
    telegram: { chatId: '@box_sur', state: 'active', disabledAt: null, lastError: null },
  });
  expect(JSON.stringify(settings)).not.toMatch(/tk_secret|ABC-DEF/);
  expect([await tokenOf(member, 'ntfy'), await tokenOf(member, 'telegram')]).toEqual(['tk_secret', BOT]);
});

test('a token stays as long as its address does, is replaced, and can be removed', async () => {
  const member = new NotifiedMember(dynamo.documents);
  await member.set({ ntfy: { url: TOPIC, token: 'tk_secret' }, telegram: { botToken: BOT, chatId: '42' } });

  await member.set({ ntfy: { url: TOPIC }, telegram: { chatId: '42' }, language: 'ca' });
  expect([await tokenOf(member, 'ntfy'), await tokenOf(member, 'telegram')]).toEqual(['tk_secret', BOT]);

  await member.set({ ntfy: { url: TOPIC, token: 'tk_other' } });
  expect(await tokenOf(member, 'ntfy')).toBe('tk_other');
  expect(await member.receiver('telegram')).toBeNull();

  await member.set({ ntfy: { url: TOPIC, token: null } });
  expect(await tokenOf(member, 'ntfy')).toBeNull();
});

test('a token never goes to another server or chat', async () => {
  const member = new NotifiedMember(dynamo.documents);
  await member.set({ ntfy: { url: TOPIC, token: 'tk_secret' }, telegram: { botToken: BOT, chatId: '42' } });

  await expect(member.set({ telegram: { chatId: '43' } })).rejects.toMatchObject({
    code: 'invalid-request',
    message: 'body.telegram.botToken: needed for another chat',
  });
  await member.set({ ntfy: { url: 'https://elsewhere.example.com/ada-3f9c' } });

  expect(await tokenOf(member, 'ntfy')).toBeNull();
});

test('concurrent changes of different channels do not mix: one of them wins as a whole', async () => {
  const member = new NotifiedMember(dynamo.documents);

  await Promise.all([
    member.set({ ntfy: { url: TOPIC }, language: 'ca' }),
    member.set({ telegram: { botToken: BOT, chatId: '42' }, language: 'en' }),
  ]);

  const { ntfy, telegram, language } = defined(await member.settings.find(member.email));
  expect(['ca ntfy', 'en telegram']).toContain(`${language} ${[ntfy && 'ntfy', telegram && 'telegram'].join('')}`);
});

describe('a topic', () => {
  const resolver = {
    isPublic: isPublicAddress,
    resolve: async () => [{ address: '192.168.1.10', family: 4 }],
  };

  test.each([
    ['at a private address', 'https://ntfy.lan/ada'],
    ['without TLS', 'http://ntfy.example.com/ada'],
    ['on another port', 'https://ntfy.example.com:8080/ada'],
    ['at an address', 'https://192.168.1.10/ada'],
  ])('%s is refused', async (_name, url) => {
    const member = new NotifiedMember(dynamo.documents);

    await expect(member.set({ ntfy: { url } }, { resolver })).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringMatching(/^body\.ntfy\.url: /),
    });
    expect(await member.receiver('ntfy')).toBeNull();
  });

  test('on a host that the installation names is accepted, also without TLS; its other ports are not', async () => {
    const member = new NotifiedMember(dynamo.documents);
    const privateHosts = new Set(['192.168.1.10:8080']);

    await member.set({ ntfy: { url: 'http://192.168.1.10:8080/ada' } }, { resolver, privateHosts });
    expect(await member.receiver('ntfy')).toMatchObject({ address: 'http://192.168.1.10:8080/ada' });
    await expect(
      member.set({ ntfy: { url: 'http://192.168.1.10:22/ada' } }, { resolver, privateHosts }),
    ).rejects.toMatchObject({ code: 'invalid-request' });
  });
});
