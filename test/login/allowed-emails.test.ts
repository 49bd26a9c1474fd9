import { expect, test } from 'vitest';
import { allowedEmailsFrom } from '../../lib/login/allowed-emails.ts';

test.each([{}, { ALLOWED_EMAILS: '' }, { ALLOWED_EMAILS: ' , ' }])(
  'without a list everybody is invited: %j',
  (list) => {
    expect(allowedEmailsFrom(list)('anybody@example.com')).toBe(true);
  },
);

test.each([
  ['ana@example.com', true],
  ['bea@example.com', false],
  ['bea@gym.example', true],
  ['bea@sub.gym.example', false],
  ['bea@notgym.example', false],
  ['bea@gym.example@elsewhere.example', false],
])('of a list with an address and a domain, %s is invited: %s', (email, invited) => {
  expect(allowedEmailsFrom({ ALLOWED_EMAILS: 'Ana@Example.com, @Gym.example,' })(email)).toBe(invited);
});

test.each(['ana', 'ana@', '@', 'ana@example.com bea@example.com'])('the entry %j is refused', (entry) => {
  expect(() => allowedEmailsFrom({ ALLOWED_EMAILS: entry })).toThrow('ALLOWED_EMAILS');
});

test('a list that would not fit into a function’s environment is refused', () => {
  const list = Array.from({ length: 200 }, (_, number) => `member-${number}@example.com`).join(',');

  expect(() => allowedEmailsFrom({ ALLOWED_EMAILS: list })).toThrow('2500 characters');
});

test('an address in the list may be typed in another Unicode form', () => {
  const composed = 'jos\u00e9@example.com';
  const decomposed = 'Jose\u0301@Example.com';
  expect(decomposed.toLowerCase()).not.toBe(composed);

  expect(allowedEmailsFrom({ ALLOWED_EMAILS: decomposed })(composed)).toBe(true);
  expect(allowedEmailsFrom({ ALLOWED_EMAILS: '@Jose\u0301.example' })('ana@jos\u00e9.example')).toBe(true);
});
