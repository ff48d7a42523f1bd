import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Result } from './results.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = 'docs/reliability.md';
const BEGIN = '<!-- control plane: written by make chaos -->';
const END = '<!-- control plane: end -->';

/** Writes the rows into their place of the page; what stands around it stays. */
export function writeMatrix(results: readonly Result[]): void {
  const page = readFileSync(`${ROOT}${PAGE}`, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`${PAGE} has no place for the matrix; write the lines ${BEGIN} and ${END} into it`);
  }
  writeFileSync(`${ROOT}${PAGE}`, `${before}${BEGIN}\n\n${matrixOf(results)}\n\n${END}${after}`);
  execFileSync(process.execPath, [`${ROOT}node_modules/prettier/bin/prettier.cjs`, '--write', PAGE], {
    cwd: ROOT,
  });
}

/** The faults that hit every write are columns; each other fault is a row with its places. */
function matrixOf(results: readonly Result[]): string {
  const failed = results.filter(({ result }) => result === 'failed').length;
  const around = results.filter(({ id }) => id === 'C1' || id === 'C2');
  const others = results.filter((result) => !around.includes(result));
  return [
    `${results.length} lives with one fault each: ${results.length - failed} ended as without the fault, ${failed} did not. A row is of the latest life of its plan.`,
    '### Around every write',
    aroundWrites(around),
    '### Elsewhere',
    elsewhere(others),
  ].join('\n\n');
}

function aroundWrites(results: readonly Result[]): string {
  const faults = [...new Set(results.map(titleOf))];
  const places = [...new Set(results.map(({ place }) => place))];
  const cell = (place: string, fault: string): string =>
    results.find((one) => one.place === place && titleOf(one) === fault)?.result ?? 'not run';
  return table(
    ['write', ...faults, 'seed'],
    places.map((place) => [
      place,
      ...faults.map((fault) => cell(place, fault)),
      seedsOf(results.filter((result) => result.place === place)),
    ]),
  );
}

function elsewhere(results: readonly Result[]): string {
  const rows = [...new Set(results.map(titleOf))].map((fault) => {
    const rowsOf = results.filter((result) => titleOf(result) === fault);
    const failed = rowsOf.filter(({ result }) => result === 'failed').map(({ place }) => place);
    const result = failed.length === 0 ? 'as without the fault' : `failed: ${failed.join(', ')}`;
    return [fault, rowsOf.map(({ place }) => place).join('; '), result, seedsOf(rowsOf)];
  });
  return table(['fault', 'places', 'result', 'seed'], rows);
}

function seedsOf(results: readonly Result[]): string {
  return [...new Set(results.map(({ seed }) => seed))].join(', ');
}

function titleOf({ id, fault }: Result): string {
  return `${id} ${fault}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
