import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Verdict } from './scene.ts';

const page = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));
const resultsFile = fileURLToPath(new URL('../../dist-chaos/process-level.jsonl', import.meta.url));
const prettier = fileURLToPath(new URL('../../node_modules/prettier/bin/prettier.cjs', import.meta.url));
const BEGIN = '<!-- process-level:begin -->';
const END = '<!-- process-level:end -->';

export function beginResults(): void {
  mkdirSync(dirname(resultsFile), { recursive: true });
  writeFileSync(resultsFile, '');
}

/** At once: a run that is cut off leaves what it has found. */
export function appendResult(verdict: Verdict, seed: number): void {
  const result = {
    ...resultOf(verdict),
    seed,
    ...(verdict.failure !== undefined && { failure: verdict.failure }),
  };
  appendFileSync(resultsFile, `${JSON.stringify(result)}\n`);
}

/** Writes this suite's part of `docs/reliability.md`. The rest of that page is others'. */
export function writeMatrix(verdicts: readonly Verdict[], seed: number): void {
  writeFileSync(page, withSection(readFileSync(page, 'utf8'), sectionOf(verdicts.map(resultOf), seed)));
  execFileSync(process.execPath, [prettier, '--write', page]);
}

function resultOf({ row, scene, durationMs, failure }: Verdict): ResultRow {
  const { id, fault, rank, phase, expected } = row;
  return {
    id,
    fault,
    rank,
    phase,
    expected,
    setting: scene,
    result: failure === undefined ? 'as expected' : 'failed',
    durationMs: durationMs === undefined ? null : Math.round(durationMs),
  };
}

type ResultRow = Readonly<
  Record<'id' | 'fault' | 'rank' | 'phase' | 'expected' | 'setting' | 'result', string>
> & {
  readonly durationMs: number | null;
};

function sectionOf(rows: readonly ResultRow[], seed: number): string {
  const passed = rows.filter(({ result }) => result === 'as expected').length;
  const table = (setting: string): string =>
    [
      `### ${setting}`,
      '',
      '| row | fault | rank | phase | what must happen | result | seconds |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      ...rows
        .filter((row) => row.setting === setting)
        .map(
          ({ id, fault, rank, phase, expected, result, durationMs }) =>
            `| ${id} | ${fault} | ${rank} | ${phase} | ${expected} | ${result} | ${durationMs === null ? '' : (durationMs / 1000).toFixed(1)} |`,
        ),
      '',
    ].join('\n');
  return [
    `${passed} of ${rows.length} rows were as expected, seed ${seed}.`,
    '',
    ...[...new Set(rows.map(({ setting }) => setting))].map(table),
  ].join('\n');
}

/** The page with this section in place of the former one. */
function withSection(text: string, section: string): string {
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < 0) {
    throw new Error(
      `docs/reliability.md has no place for the matrix; write the lines ${BEGIN} and ${END} into it`,
    );
  }
  return `${text.slice(0, from)}${BEGIN}\n\n${section}\n${text.slice(to)}`;
}
