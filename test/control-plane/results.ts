import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One row, as one line of JSON. */
export interface Result {
  readonly id: string;
  readonly fault: string;
  readonly place: string;
  readonly seed: number;
  readonly result: 'as without the fault' | 'failed';
  /** What was seen instead. */
  readonly failure?: string;
}

const FILE = fileURLToPath(new URL('../../dist-chaos/control-plane.jsonl', import.meta.url));

export function beginResults(): void {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, '');
}

/** At once: a run that is cut off leaves what it has found. */
export function appendResult(result: Result): void {
  appendFileSync(FILE, `${JSON.stringify(result)}\n`);
}

export function readResults(): readonly Result[] {
  const lines = readFileSync(FILE, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Result);
}
