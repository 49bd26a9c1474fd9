type Cell = string | number;

/** Formats rows as a text table. Numbers are aligned to the right. */
export function table(rows: readonly Readonly<Record<string, Cell>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => String(row[name] ?? '').length)));
  const line = (cells: readonly Cell[]) =>
    cells
      .map((cell, column) =>
        typeof cell === 'number' ? String(cell).padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const head = names.map((name, column) =>
    typeof rows[0]?.[name] === 'number' ? name.padStart(widths[column] ?? 0) : name,
  );
  const rule = widths.map((width) => '─'.repeat(width));
  return [line(head), line(rule), ...rows.map((row) => line(names.map((name) => row[name] ?? '')))].join('\n');
}
