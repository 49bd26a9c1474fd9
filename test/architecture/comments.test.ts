import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path/posix';
import { expect, test } from 'vitest';
import { lineAt, list, readSources } from '../support/architecture/sources.ts';

/** A paper, and the headings of it that are cited: `lib/aimharder/README.md, "Login", "Sessions"`. */
const PAPER = /([\w./-]+\.md|\bREADME)((?:,\s+(?:and\s+)?"[^"]+")*)/g;

/** How a paper would be cited that is not here: by the letter of its chapter. */
const CHAPTER = /\b[a-z]+ [a-z]\.\d+\b|\bprotocol [a-z]\b(?=[),;.])/g;

/** The comments of every file, each in one line. */
const comments = readSources('.', 'lib', 'functions', 'infra', 'test').flatMap((source) =>
  source.comments.map(({ start, value }) => ({
    file: source.file,
    line: lineAt(source, start),
    what: value.replaceAll(/\s*\n[\s*]*/g, ' '),
  })),
);

const citations = comments.flatMap(({ what, file, line }) =>
  [...what.matchAll(PAPER)].map(([, name = '', headings = '']) => ({
    file,
    line,
    paper: name === 'README' ? readmeFor(file) : name,
    headings: [...headings.matchAll(/"([^"]+)"/g)].map(([, heading = '']) => heading),
  })),
);

/** The README of a file's own folder, or else that of the repository. */
function readmeFor(file: string): string {
  const own = `${dirname(file)}/README.md`;
  return existsSync(own) ? own : 'README.md';
}

const headingsOf = (paper: string) =>
  readFileSync(paper, 'utf8')
    .split('\n')
    .flatMap((line) => /^#+ (.*)$/.exec(line)?.[1] ?? []);

test('a comment cites only papers of this repository', () => {
  const chapters = comments.flatMap(({ what, ...at }) =>
    [...what.matchAll(CHAPTER)].map(([cited]) => ({ ...at, what: `cites ${cited}` })),
  );
  const absent = citations
    .filter(({ paper }) => !existsSync(paper))
    .map(({ paper, ...at }) => ({ ...at, what: `cites ${paper}` }));

  expect(list([...chapters, ...absent])).toEqual([]);
});

test('a heading that a comment cites is in its paper', () => {
  const absent = citations
    .filter(({ paper }) => existsSync(paper))
    .flatMap(({ paper, headings, ...at }) =>
      headings
        .filter((heading) => !headingsOf(paper).includes(heading))
        .map((heading) => ({ ...at, what: `cites "${heading}", which is no heading of ${paper}` })),
    );

  expect(list(absent)).toEqual([]);
});

test('a source file that a comment names exists', () => {
  const absent = comments.flatMap(({ what, ...at }) =>
    [...what.matchAll(/\b(?:lib|infra|functions|test)\/[\w/-]+\.(?:ts|mjs)\b/g)]
      .filter(([source]) => !existsSync(source))
      .map(([source]) => ({ ...at, what: `names ${source}` })),
  );

  expect(list(absent)).toEqual([]);
});
