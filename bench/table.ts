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

/** The upper one of two. */
export function median(values: readonly number[]): number {
  return sorted(values)[values.length >> 1] ?? Number.NaN;
}

/** `median [min-max]`, the way every figure of this project is printed. */
export function formatSpread(values: readonly number[], digits = 1): string {
  if (values.length === 0) return '-';
  const inOrder = sorted(values);
  const ends = [inOrder[0], inOrder.at(-1)].map((value) => (value as number).toFixed(digits));
  return `${median(values).toFixed(digits)} [${ends.join('-')}]`;
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
