export type Alignment = 'left' | 'right';

const GAP = '  ';

/** Columns as wide as their widest cell. `alignments` has one entry per column. */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[],
): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => padded(cell, widths[column] ?? 0, alignments[column] ?? 'left'))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

function padded(cell: string, width: number, alignment: Alignment): string {
  return alignment === 'left' ? cell.padEnd(width) : cell.padStart(width);
}
