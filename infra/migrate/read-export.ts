import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import * as z from 'zod/mini';

/** A row and where it stands: the line of a CSV file, or the number of the element in a JSON list, from 1. */
export type ExportedRow = { readonly line: number; readonly row: unknown };

const Records = z.array(z.object({ record: z.unknown(), info: z.object({ lines: z.number() }) }));

/** @throws Error when the file cannot be read as CSV with a header, or as a JSON list. */
export function readExport(file: string): readonly ExportedRow[] {
  const text = readFileSync(file, 'utf8');
  if (!file.endsWith('.json')) {
    const records = Records.parse(
      parse(text, { columns: true, info: true, bom: true, skip_empty_lines: true, relax_column_count: true }),
    );
    return records.map(({ record, info }) => ({ line: info.lines, row: record }));
  }
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) throw new Error('The JSON file holds no list of rows.');
  return list.map((row: unknown, index) => ({ line: index + 1, row }));
}
