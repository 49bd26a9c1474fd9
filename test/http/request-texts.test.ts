import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { ROUTES } from '../../infra/catalog/openapi/routes.ts';
import { Email } from '../../lib/http/fields.ts';

/** A text that a request may carry, and the schema that decodes it. */
type TextField = { readonly name: string; readonly schema: z.core.$ZodType };

/** Finds every text in the schema of a request. */
function findTexts(name: string, schema: z.core.$ZodType): readonly TextField[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return Object.entries(def.shape).flatMap(([key, one]) => findTexts(`${name}.${key}`, one));
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      return findTexts(name, def.innerType);
    case 'array':
      return findTexts(`${name}[]`, def.element);
    case 'union':
      return def.options.flatMap((option, index) => findTexts(`${name}|${index}`, option));
    case 'pipe':
      // A text that is converted: the conversion belongs to its check.
      return findTexts(name, def.in).map((found) => (found.schema === def.in ? { ...found, schema } : found));
    case 'string':
      return [{ name, schema }];
    case 'enum':
    case 'number':
    case 'boolean':
    case 'unknown':
      return [];
    default:
      throw new Error(`${name}: a schema of type ${def.type}`);
  }
}

const FIELDS = Object.entries(ROUTES)
  .filter(([route]) => !route.startsWith('HEAD '))
  .flatMap(([route, { path, query, body }]) =>
    Object.entries({ path, query, body }).flatMap(([part, schema]) =>
      schema ? findTexts(`${route} ${part}`, schema) : [],
    ),
  );

const CURSOR = Buffer.from(JSON.stringify({ classStartsAt: '2026-01-01T00:00:00.000Z', id: '0'.repeat(32) })).toString(
  'base64url',
);

/** Texts of which every field accepts one. */
const SAMPLES = [
  ...['WOD', 'ada@example.com', '12345678', 'phone-12345', 'crossfit-demo', '2026-01-31', '18:00'],
  ...['5', '50', '2026-01-31T18:00:00Z', 'https://hooks.example.com/hook', 'whsec_secret', CURSOR],
  '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11',
  // The keys of a browser (RFC 8291, section 5).
  'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  'BTBZMqHH6r4Tts7J_aSIgg',
  ...[
    { fingerprint: 'a' },
    { box: 'a' },
    { createdAt: '2026-01-01T00:00:00.000Z', id: 'a' },
    { startsAt: '2026-01-01T00:00:00.000Z', key: 'a' },
  ].map((position) => Buffer.from(JSON.stringify(position)).toString('base64url')),
];

const accepts = ({ schema }: TextField, text: unknown) => z.safeParse(schema, text).success;
const acceptedSamples = (field: TextField) => SAMPLES.filter((sample) => accepts(field, sample));

test('the routes have texts, and each is tried with one that it accepts', () => {
  expect(FIELDS.length).toBeGreaterThan(40);
  expect(FIELDS.filter((field) => acceptedSamples(field).length === 0).map(({ name }) => name)).toEqual([]);
});

describe('every text of every request', () => {
  test('has a bound', () => {
    const LONG = 10_000;
    const texts = ['a', '1', '-', 'é', 'a ', '😀'].map((character) => character.repeat(LONG));
    const grown = (field: TextField) =>
      acceptedSamples(field).flatMap((sample) => [sample + 'a'.repeat(LONG), '1'.repeat(LONG) + sample]);

    expect(
      FIELDS.filter((field) => [...texts, ...grown(field)].some((text) => accepts(field, text))).map(
        ({ name }) => name,
      ),
    ).toEqual([]);
  });

  test('is refused with a control character, half a character or a mark that turns it around', () => {
    const unprintable = ['\0', '\u0007', '\u001b', '\u007f', '\u0085', '\ud800', '\udc00', '\u2028'];
    const isPassword = ({ name }: TextField) => name.endsWith('.password');
    const within = (field: TextField, marks: readonly string[]) =>
      acceptedSamples(field)
        // A mark at the end would be trimmed.
        .filter(({ length }) => length > 1)
        .flatMap((sample) => marks.map((mark) => `${sample[0]}${mark}${sample.slice(1)}`));
    // A password is compared by AimHarder alone: what looks alike may differ.
    const marksFor = (field: TextField) =>
      isPassword(field) ? unprintable.filter((mark) => mark !== '\u2028') : [...unprintable, '\u202e', '\u200b'];

    expect(
      FIELDS.flatMap((field) =>
        within(field, marksFor(field))
          .filter((text) => accepts(field, text))
          .map((text) => `${field.name} accepts ${JSON.stringify(text)}`),
      ),
    ).toEqual([]);
  });
});

test('one e-mail address in two Unicode forms is one member', () => {
  const composed = 'jos\u00e9@example.com';

  expect(z.parse(Email, composed.normalize('NFD'))).toBe(composed);
  expect(z.parse(Email, composed.toUpperCase())).toBe(composed);
});

test('the name of a device or class may hold an emoji that is made of several', () => {
  const names = FIELDS.filter(({ name }) => /\.(?:deviceName|className)$/.test(name));

  expect(names.length).toBeGreaterThan(1);
  expect(names.filter((field) => !accepts(field, 'Ada’s 👩‍💻 phone 🏳️‍🌈'))).toEqual([]);
});
