import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { PROBLEMS } from '../lib/http/problem.ts';
import { MINUTE, SECOND } from '../lib/platform/clock.ts';
import { LIMITS } from '../lib/platform/limits.ts';

const PAPERS = globSync(['*.md', '{lib,infra,test}/**/*.md']);
const read = (paper: string) => readFileSync(paper, 'utf8');
/** What commands write, and the repository does not have, such as the types of the API for the members' page. */
const GENERATED = read('.gitignore').split('\n');
const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };

test('the README has at most 200 lines', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(200);
});

test.each(PAPERS)('%s links only to existing files and headings', (paper) => {
  const links = [...read(paper).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
  const broken = links.filter(([, file = '', heading]) => {
    const target = file === '' ? paper : join(dirname(paper), file);
    return !existsSync(target) || (heading !== undefined && !anchorsOf(target).includes(heading));
  });

  expect(broken.map(([link]) => link)).toEqual([]);
});

test.each(PAPERS)('%s names only existing commands', (paper) => {
  const named = [...read(paper).matchAll(/\bnpm (?:run )?([a-z:]+)/g)].map(([, name = '']) => name);

  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});

test.each(PAPERS)('%s names only existing source files', (paper) => {
  const sources = [...read(paper).matchAll(/`((?:[\w-]+\/)*[\w-]+\.(?:ts|mjs))`/g)].map(([, source = '']) => source);
  const bases = ['.', dirname(paper), 'lib', 'test'];
  const isThere = (source: string) =>
    bases.map((base) => join(base, source)).some((path) => existsSync(path) || GENERATED.includes(path));

  expect(sources.filter((source) => !isThere(source))).toEqual([]);
});

test('the client’s paper has every problem code', () => {
  const paper = read('lib/http/README.md');
  const codes = Object.keys(PROBLEMS).filter((code) => !code.endsWith('not-found'));

  expect(codes.filter((code) => !paper.includes(`\`${code}\``))).toEqual([]);
});

/** The anchors that GitHub gives to a paper's headings. */
const anchorsOf = (paper: string): readonly string[] =>
  [...read(paper).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );

test('the client’s paper has the limits of a member as the code has them', () => {
  const [, section = ''] = read('lib/http/README.md').split('\n## Limits\n');
  const numbersIn = (row: string) => [...row.matchAll(/\b\d+\b/g)].map(([number]) => Number(number));
  const rows = section
    .split('\n## ')[0]
    ?.split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) => numbersIn(line.split('|')[2] ?? ''));
  const { requests, orders, tests, logins, deviceSessions, wrongPasswords } = LIMITS;
  const minutes = wrongPasswords.windowMs / MINUTE;

  expect(rows).toEqual([
    [requests.atOnce, SECOND / requests.everyMs],
    [orders.atOnce, MINUTE / orders.everyMs],
    [tests.atOnce, MINUTE / tests.everyMs],
    [logins.atOnce, MINUTE / logins.everyMs],
    [deviceSessions],
    [wrongPasswords.perOrigin, minutes],
    [wrongPasswords.perEmail, minutes],
    [wrongPasswords.perAddress, minutes],
    [wrongPasswords.unansweredForEach, minutes],
  ]);
});
