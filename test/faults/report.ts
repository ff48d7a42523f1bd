import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSection } from './reliability-page.ts';
import type { Verdict } from './scene.ts';

const resultsFile = fileURLToPath(new URL('../../dist-chaos/process-level.jsonl', import.meta.url));

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
  writeSection('process-level', sectionOf(verdicts.map(resultOf), seed));
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
