/** A table of text: columns as wide as their longest cell, numbers to the right. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => pad(cell, widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

function pad(cell: string, width: number): string {
  return /^[-+]?[\d.]/.test(cell) ? cell.padStart(width) : cell.padEnd(width);
}

/** `median [min-max]`, the way every figure of this project is printed. */
export function formatSpread(values: readonly number[], digits = 1): string {
  if (values.length === 0) return '-';
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): string => (sorted[index] as number).toFixed(digits);
  return `${at(sorted.length >> 1)} [${at(0)}-${at(sorted.length - 1)}]`;
}
