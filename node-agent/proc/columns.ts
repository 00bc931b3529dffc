/**
 * Rows as a table, the first one being the heads: each column as wide as its widest cell, those of `right`
 * standing on their right side, the last one as long as it is.
 */
export function inColumns(rows: readonly (readonly string[])[], right: readonly string[]): string {
  const [heads = []] = rows;
  const widths = heads.map((_, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  const line = (row: readonly string[]) =>
    heads.map((head, column) => {
      const [cell, width] = [row[column] ?? '', widths[column] ?? 0];
      return right.includes(head) ? cell.padStart(width) : cell.padEnd(width);
    });
  return `${rows.map((row) => line(row).join(' ').trimEnd()).join('\n')}\n`;
}
