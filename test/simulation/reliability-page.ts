import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Group } from './schedules.ts';

export interface GroupResult extends Pick<Group, 'id' | 'about'> {
  readonly count: number;
  readonly failed: number;
}

const PAGE = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));
const PRETTIER = fileURLToPath(new URL('../../node_modules/prettier/bin/prettier.cjs', import.meta.url));
const BEGIN = '<!-- simulation:begin -->';
const END = '<!-- simulation:end -->';

/** Writes this suite's part of the page. */
export function writeMatrix(results: readonly GroupResult[], seed: number): void {
  const page = readFileSync(PAGE, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) {
    throw new Error(
      `docs/reliability.md has no place for the matrix; write the lines ${BEGIN} and ${END} into it`,
    );
  }
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${matrixOf(results, seed)}\n\n${END}${after}`);
  execFileSync(process.execPath, [PRETTIER, '--write', PAGE]);
}

function matrixOf(results: readonly GroupResult[], seed: number): string {
  const count = results.reduce((sum, result) => sum + result.count, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  return [
    `${count} schedules, seed ${seed}: ${count - failed} as expected, ${failed} not.`,
    '',
    '| class | what happens | schedules | as expected |',
    '| --- | --- | --- | --- |',
    ...results.map(
      (result) => `| ${result.id} | ${result.about} | ${result.count} | ${result.count - result.failed} |`,
    ),
  ].join('\n');
}
