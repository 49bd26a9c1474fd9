import { readFileSync } from 'node:fs';
import { CsvError, parse } from 'csv-parse/sync';
import * as z from 'zod/mini';

/** A row of the export, or why it cannot be read. */
export type ExportedRow = {
  /** Where the row stands in the file: "line 7" of a CSV file, or "row 7" of a JSON list, both counted from 1. */
  readonly position: string;
} & ({ readonly row: unknown } | { readonly fault: string });

/** Columns that a file must have. */
const REQUIRED_COLUMNS = ['user_email', 'aimharder_token', 'aimharder_cookies', 'created_at', 'updated_at'];

/** The result of csv-parse with the option `info`. `bytes` is the offset at which the record ends. */
const CsvRecords = z.array(z.object({ record: z.array(z.string()), info: z.object({ bytes: z.number() }) }));

/** Reads the format from a file's name. @throws Error if the name ends in neither `.csv` nor `.json`. */
export function formatOf(file: string): 'csv' | 'json' {
  const ending = /\.(csv|json)$/i.exec(file)?.[1]?.toLowerCase();
  if (ending !== 'csv' && ending !== 'json') throw new Error(`The name of a file must end in .csv or .json: ${file}`);
  return ending;
}

/**
 * Reads an export.
 *
 * @throws Error if the file is neither CSV with a header nor a JSON list. The message quotes nothing, because the file contains tokens.
 */
export function readExport(file: string): readonly ExportedRow[] {
  const format = formatOf(file);
  const bytes = readFileSync(file);
  return format === 'csv' ? parseCsvRows(bytes) : parseJsonRows(bytes.toString('utf8').replace(/^\uFEFF/, ''));
}

function parseJsonRows(text: string): readonly ExportedRow[] {
  const list = readJson(text);
  if (!Array.isArray(list)) throw new Error('The JSON file is not a list of rows.');
  return list.map((row: unknown, index) => ({ position: `row ${index + 1}`, row }));
}

function parseCsvRows(bytes: Buffer): readonly ExportedRow[] {
  const lineAt = createLineFinder(bytes);
  const [header, ...records] = CsvRecords.parse(readCsv(bytes, lineAt));
  if (!header) return [];
  const columns = header.record;
  const missing = REQUIRED_COLUMNS.filter((column) => !columns.includes(column));
  if (missing.length > 0) throw new Error(`The header has no column ${missing.join(', ')}.`);
  let recordStart = header.info.bytes;
  return records.map(({ record, info }) => {
    const position = `line ${lineAt(recordStart)}`;
    recordStart = info.bytes;
    if (record.length !== columns.length)
      return { position, fault: `${record.length} fields, the header has ${columns.length}` };
    return { position, row: Object.fromEntries(columns.map((column, index) => [column, record[index]])) };
  });
}

function readCsv(bytes: Buffer, lineAt: (byte: number) => number): unknown {
  try {
    return parse(bytes, { info: true, bom: true, skip_empty_lines: true, relax_column_count: true });
  } catch (error) {
    const byte = error instanceof CsvError ? Number(error['bytes']) : Number.NaN;
    throw new Error(`The file is not CSV with a header${fromLine(lineAt(byte))}.`);
  }
}

/** The bytes of line ends. */
const CR = 13;
const LF = 10;

/**
 * Creates a function that returns the line of the first character at or after a byte offset that is no line end. For NaN, the
 * function returns NaN. Each call must pass a greater offset than the call before. The parser's own line numbers are wrong,
 * because the parser counts a CR LF between quotes as two lines.
 */
function createLineFinder(bytes: Buffer): (byte: number) => number {
  let line = 1;
  let countedTo = 0;
  return (byte) => {
    let first = byte;
    while (bytes[first] === CR || bytes[first] === LF) first += 1;
    // Latin-1 maps each byte to one character, so it decodes any bytes.
    line += bytes.toString('latin1', countedTo, first).match(/\r\n|\r|\n/g)?.length ?? 0;
    countedTo = first;
    return Number.isNaN(byte) ? Number.NaN : line;
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Only the line is taken from Node's message, which quotes the file. Some messages name no line.
    const line = Number(/line (\d+)/.exec(String(error))?.[1]);
    throw new Error(`The file is not JSON${fromLine(line)}.`);
  }
}

/** Says from which line on a file is faulty; nothing if the line is unknown. */
const fromLine = (line: number): string => (Number.isInteger(line) ? `, from line ${line} on` : '');
