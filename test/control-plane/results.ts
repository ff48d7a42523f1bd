import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
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

/** At once: a run that is cut off leaves what it has found. */
export function appendResult(result: Result): void {
  mkdirSync(dirname(FILE), { recursive: true });
  appendFileSync(FILE, `${JSON.stringify(result)}\n`);
}

/** Of each plan the row of its latest life, in the order of `names`; undefined where one of them was never lived. */
export function latestResults(names: readonly string[]): readonly Result[] | undefined {
  const lines = existsSync(FILE) ? readFileSync(FILE, 'utf8').split('\n') : [];
  const rows = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Result);
  const latest = new Map(rows.map((row) => [nameOf(row), row]));
  const found = names.flatMap((name) => latest.get(name) ?? []);
  return found.length === names.length ? found : undefined;
}

export function nameOf({ id, fault, place }: Pick<Result, 'id' | 'fault' | 'place'>): string {
  return `${id} ${fault}: ${place}`;
}
