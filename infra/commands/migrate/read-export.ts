import { readFileSync } from 'node:fs';
import { CsvError, parse } from 'csv-parse/sync';
import * as z from 'zod/mini';

/** A row of the export, or why it cannot be read. */
export type ExportedRow = {
  /** Its position: "line 7" of a CSV file, or "row 7" of a JSON list, both counted from 1. */
  readonly at: string;
} & ({ readonly row: unknown } | { readonly fault: string });

/** The columns without which no row can be read. */
const NEEDED = ['user_email', 'aimharder_token', 'aimharder_cookies', 'created_at', 'updated_at'];

const Records = z.array(z.object({ record: z.array(z.string()), info: z.object({ bytes: z.number() }) }));

/** @throws Error when the file's name ends in neither `.csv` nor `.json`. */
export function parseFormat(file: string): 'csv' | 'json' {
  const ending = /\.(csv|json)$/i.exec(file)?.[1]?.toLowerCase();
  if (ending !== 'csv' && ending !== 'json') throw new Error(`The name of a file must end in .csv or .json: ${file}`);
  return ending;
}

/**
 * Reads an export.
 *
 * @throws Error when the file is no CSV with a header, and no JSON list. The message quotes nothing: the file holds tokens.
 */
export function readExport(file: string): readonly ExportedRow[] {
  const format = parseFormat(file);
  const bytes = readFileSync(file);
  return format === 'csv' ? csvRows(bytes) : jsonRows(bytes.toString('utf8').replace(/^\uFEFF/, ''));
}

function jsonRows(text: string): readonly ExportedRow[] {
  const list = readJson(text);
  if (!Array.isArray(list)) throw new Error('The JSON file is not a list of rows.');
  return list.map((row: unknown, index) => ({ at: `row ${index + 1}`, row }));
}

function csvRows(bytes: Buffer): readonly ExportedRow[] {
  const lineAt = lineCounter(bytes);
  const [header, ...records] = Records.parse(readCsv(bytes, lineAt));
  if (!header) return [];
  const names = header.record;
  const lacking = NEEDED.filter((name) => !names.includes(name));
  if (lacking.length > 0) throw new Error(`The header has no column ${lacking.join(', ')}.`);
  let end = header.info.bytes;
  return records.map(({ record, info }) => {
    const at = `line ${lineAt(end)}`;
    end = info.bytes;
    if (record.length !== names.length) return { at, fault: `${record.length} fields, the header has ${names.length}` };
    return { at, row: Object.fromEntries(names.map((name, index) => [name, record[index]])) };
  });
}

function readCsv(bytes: Buffer, lineAt: (byte: number) => number): unknown {
  try {
    return parse(bytes, { info: true, bom: true, skip_empty_lines: true, relax_column_count: true });
  } catch (error) {
    const byte = error instanceof CsvError ? Number(error['bytes']) : Number.NaN;
    throw new Error(`The file is not CSV with a header${from(lineAt(byte))}.`);
  }
}

/**
 * Returns a function that finds the line number of the first character at or after a byte. Call it with growing bytes. The
 * parser's own count is wrong: it counts a CR LF between quotes as two lines.
 */
function lineCounter(bytes: Buffer): (byte: number) => number {
  let [line, done] = [1, 0];
  return (byte) => {
    let start = byte;
    while (bytes[start] === CR || bytes[start] === LF) start += 1;
    line += bytes.toString('latin1', done, start).match(/\r\n|\r|\n/g)?.length ?? 0;
    done = start;
    return Number.isNaN(byte) ? Number.NaN : line;
  };
}

const CR = 13;
const LF = 10;

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The file is not JSON${from(Number(/line (\d+)/.exec(String(error))?.[1]))}.`);
  }
}

const from = (line: number): string => (Number.isInteger(line) ? `, from line ${line} on` : '');
