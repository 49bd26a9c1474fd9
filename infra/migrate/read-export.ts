import { readFileSync } from 'node:fs';
import { CsvError, parse } from 'csv-parse/sync';
import * as z from 'zod/mini';

/** A row and where it stands: the line of a CSV file, or the number of the element in a JSON list, from 1. */
export type ExportedRow = { readonly line: number; readonly row: unknown };

const Records = z.array(z.object({ record: z.unknown(), info: z.object({ lines: z.number() }) }));

/** @throws Error when the file cannot be read as CSV with a header, or as a JSON list. It quotes nothing: the file holds tokens. */
export function readExport(file: string): readonly ExportedRow[] {
  const text = readFileSync(file, 'utf8');
  if (!file.endsWith('.json')) {
    const records = Records.parse(readCsv(text));
    return records.map(({ record, info }) => ({ line: info.lines, row: record }));
  }
  const list = readJson(text);
  if (!Array.isArray(list)) throw new Error('The JSON file holds no list of rows.');
  return list.map((row: unknown, index) => ({ line: index + 1, row }));
}

function readCsv(text: string): unknown {
  try {
    return parse(text, { columns: true, info: true, bom: true, skip_empty_lines: true, relax_column_count: true });
  } catch (error) {
    const line = error instanceof CsvError ? Number(error['lines']) : Number.NaN;
    throw new Error(`The file is no CSV with a header${at(line)}.`);
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The file is no JSON${at(Number(/line (\d+)/.exec(String(error))?.[1]))}.`);
  }
}

const at = (line: number): string => (Number.isInteger(line) ? `, from line ${line} on` : '');
