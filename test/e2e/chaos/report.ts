import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSection } from '../../faults/reliability-page.ts';
import { type Round, titleOf } from './round.ts';

export interface Verdict {
  readonly round: Round;
  readonly job: string;
  /** The longest time between two commits; absent where the round has failed. */
  readonly pauseMs?: number;
  readonly failure?: string;
}

const FILE = fileURLToPath(new URL('../../../dist-chaos/cluster.jsonl', import.meta.url));

export function beginResults(): void {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, '');
}

/** At once: a run that is cut off leaves what it has found. */
export function appendResult(verdict: Verdict, seed: number): void {
  appendFileSync(FILE, `${JSON.stringify({ seed, ...verdict })}\n`);
}

/** Writes this suite's part of `docs/reliability.md`. */
export function writeTable(verdicts: readonly Verdict[], seed: number): void {
  const failed = verdicts.filter(({ failure }) => failure !== undefined).length;
  writeSection(
    'cluster',
    [
      `${verdicts.length} rounds, seed ${seed}: ${verdicts.length - failed} as expected, ${failed} not.`,
      '',
      '| round | job | fault | what must happen | seconds from one commit to the next | result |',
      '| --- | --- | --- | --- | --- | --- |',
      ...verdicts.map(
        ({ round, job, pauseMs, failure }) =>
          `| ${round.number} | ${job} | ${titleOf(round.fault)} | ${expectationOf(round)} | ${pauseMs === undefined ? '' : (pauseMs / 1000).toFixed(2)} | ${failure === undefined ? 'as expected' : 'failed'} |`,
      ),
      '',
      ...medians(verdicts),
    ].join('\n'),
  );
}

function expectationOf({ fault }: Round): string {
  return 'rank' in fault ? `a new pod for rank ${fault.rank} alone` : 'no pod changes';
}

function medians(verdicts: readonly Verdict[]): readonly string[] {
  const median = (what: string, ofRank: (rank: number | undefined) => boolean): string => {
    const pauses = verdicts
      .filter(({ round: { fault } }) => ofRank('rank' in fault ? fault.rank : undefined))
      .flatMap(({ pauseMs }) => pauseMs ?? [])
      .toSorted((a, b) => a - b);
    const middle = pauses[Math.floor(pauses.length / 2)];
    return `- ${what}: ${middle === undefined ? 'none' : `${(middle / 1000).toFixed(2)} s`} (${pauses.length} rounds)`;
  };
  return [
    'Medians:',
    '',
    median('rank 0 struck', (rank) => rank === 0),
    median('another rank struck', (rank) => rank !== undefined && rank > 0),
    median('no worker struck', (rank) => rank === undefined),
  ];
}
