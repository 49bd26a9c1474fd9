import { globSync, readFileSync } from 'node:fs';
import { parseSync, Visitor, type VisitorObject } from 'oxc-parser';

/** A file of TypeScript or JavaScript, parsed. */
export type Source = ReturnType<typeof parse>;

/** A position in the sources, and the code there. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

/** Parses a text. @throws Error if it cannot be parsed, because every check would pass. */
export function parse(file: string, text: string) {
  const { program, comments, errors } = parseSync(file, text);
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  return { file, text, program, comments };
}

/** Parses the TypeScript and JavaScript below the given folders; `.` stands for the files in the root. */
export const readSources = (...folders: readonly string[]): readonly Source[] =>
  folders
    .flatMap((folder) => globSync(folder === '.' ? '*.{ts,mjs}' : `${folder}/**/*.{ts,tsx,mjs}`))
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
    .map((file) => parse(file, readFileSync(file, 'utf8')));

type Span = { readonly start: number; readonly end: number };
type Report = (span: Span, what: string) => void;

/**
 * Walks a source and collects what a visitor reports.
 *
 * @param visitor receives two functions: one reports a node, the other returns its code in a single line.
 */
export function search(source: Source, visitor: (report: Report, code: (span: Span) => string) => VisitorObject) {
  const findings: Finding[] = [];
  const code = ({ start, end }: Span) => source.text.slice(start, end).replaceAll(/\s+/g, ' ');
  const report: Report = (span, what) => findings.push({ file: source.file, line: lineAt(source, span.start), what });
  new Visitor(visitor(report, code)).visit(source.program);
  return findings;
}

/** Computes the line of an offset, from 1. */
export function lineAt({ text }: Pick<Source, 'text'>, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** Formats findings as `file:line what`, so that an editor can jump to the positions that a failing test prints. */
export const list = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ file, line, what }) => `${file}:${line} ${what}`);
