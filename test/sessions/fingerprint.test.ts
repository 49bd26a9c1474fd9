import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  generateBackgroundFingerprint,
  generateDeviceFingerprint,
  getSessionTypeFromFingerprint,
  isBackgroundFingerprint,
  isDeviceFingerprint,
} from '../../lib/sessions/fingerprint.ts';

const salt = 'a-salt-of-the-test';
const ada = generateBackgroundFingerprint('ada@example.com', salt);

describe('generateBackgroundFingerprint', () => {
  test('is "bg-" and the first 40 hex digits of SHA-256 over e-mail, dash and salt', () => {
    const hash = createHash('sha256').update(`ada@example.com-${salt}`).digest('hex');
    expect(ada).toBe(`bg-${hash.slice(0, 40)}`);
  });

  test('has a known value, so that it can never change unnoticed', () => {
    expect(generateBackgroundFingerprint('member@example.com', 'pepper')).toBe(
      'bg-72910f82d715d03eca65aeb518425a668b8a2d66',
    );
  });

  test('is 43 characters long', () => expect(ada).toHaveLength(43));

  test.each([
    ['upper case', 'ADA@Example.COM'],
    ['spaces around', '  ada@example.com  '],
    ['both', '\tAda@EXAMPLE.com\n'],
  ])('is the same for an e-mail with %s', (_name, email) => {
    expect(generateBackgroundFingerprint(email, salt)).toBe(ada);
  });

  test('is the same at every call, independent of time and chance', () => {
    const calls = Array.from({ length: 50 }, () => generateBackgroundFingerprint('ada@example.com', salt));
    expect(new Set(calls)).toEqual(new Set([ada]));
  });

  test.each([
    ['another member', 'bob@example.com', salt],
    ['another salt', 'ada@example.com', 'another-salt'],
    ['an alias of the same mailbox', 'ada+gym@example.com', salt],
  ])('differs for %s', (_name, email, otherSalt) => {
    expect(generateBackgroundFingerprint(email, otherSalt)).not.toBe(ada);
  });

  test.each(['', 'ñandú@example.com', `${'x'.repeat(500)}@example.com`])('has its form for any text: %j', (email) => {
    expect(generateBackgroundFingerprint(email, salt)).toMatch(/^bg-[0-9a-f]{40}$/);
  });
});

describe('isBackgroundFingerprint', () => {
  test('accepts a generated one', () => expect(isBackgroundFingerprint(ada)).toBe(true));

  test.each([
    ['nothing', ''],
    ['the prefix alone', 'bg-'],
    ['one digit too few', ada.slice(0, -1)],
    ['one digit too many', `${ada}0`],
    ['capitals', ada.toUpperCase()],
    ['digits beyond f', `bg-${'g'.repeat(40)}`],
    ['text before it', ` ${ada}`],
    ['a line after it', `${ada}\n`],
  ])('refuses %s', (_name, fingerprint) => {
    expect(isBackgroundFingerprint(fingerprint)).toBe(false);
  });
});

describe('isDeviceFingerprint', () => {
  test.each(['phone-12345', 'x1y2z3a4b5'.repeat(5), 'background'])('takes %s', (fingerprint) => {
    expect(isDeviceFingerprint(fingerprint)).toBe(true);
  });

  test.each([ada, 'bg-', 'bg-phone', ''])('refuses %j', (fingerprint) => {
    expect(isDeviceFingerprint(fingerprint)).toBe(false);
  });
});

describe('getSessionTypeFromFingerprint', () => {
  test('is background for the server’s own', () => {
    expect(getSessionTypeFromFingerprint(ada)).toBe('background');
  });

  test.each(['phone-12345', 'x1y2z3a4b5'.repeat(5)])('is device for %s', (fingerprint) => {
    expect(getSessionTypeFromFingerprint(fingerprint)).toBe('device');
  });
});

describe('with real members', () => {
  test('logins of one member from several devices share one background fingerprint', () => {
    const logins = ['ada@example.com', 'Ada@example.com', ' ada@example.com '].map((email) =>
      generateBackgroundFingerprint(email, salt),
    );

    expect(new Set([...logins, ada]).size).toBe(1);
  });

  test('a thousand members have a thousand different ones, none of them a device fingerprint', () => {
    const all = Array.from({ length: 1_000 }, (_, member) =>
      generateBackgroundFingerprint(`member-${member}@example.com`, salt),
    );

    expect(new Set(all).size).toBe(1_000);
    expect(all.some(isDeviceFingerprint)).toBe(false);
  });

  test('an e-mail without the salt does not give the fingerprint, and the fingerprint does not give the e-mail', () => {
    expect(ada).not.toContain('ada');
    expect(
      ['', 'ada@example.com', 'salt'].map((guess) => generateBackgroundFingerprint('ada@example.com', guess)),
    ).not.toContain(ada);
  });
});

test('a generated device fingerprint is one, and never comes twice', () => {
  const made = Array.from({ length: 100 }, generateDeviceFingerprint);
  expect(
    made.every((fingerprint) => /^[A-Za-z0-9_-]{8,64}$/.test(fingerprint) && isDeviceFingerprint(fingerprint)),
  ).toBe(true);
  expect(new Set(made).size).toBe(100);
});
