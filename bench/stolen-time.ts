import { readFileSync } from 'node:fs';

/** The largest share of the cores' time, 0..1, that the host of a virtual machine may give to others in a measurement that counts. */
const TOLERATED = 0.1;
const TRIES = 3;

export interface Measured<Value> {
  readonly value: Value;
  /** The share of the cores' time, 0..1, that the host gave to others while it was measured. */
  readonly stolen: number;
}

/**
 * Measures, and measures again where the host took more than a tenth of the cores' time meanwhile; the least disturbed of three
 * counts then. Which one counts depends on that share alone, and not on what was measured.
 */
export async function leastDisturbed<Value>(
  what: string,
  measure: () => Promise<Value>,
  stolenSince: () => () => number = watchStolenTime,
): Promise<Measured<Value>> {
  let least: Measured<Value> | undefined;
  for (let tried = 1; tried <= TRIES; tried++) {
    const stolen = stolenSince();
    const found = { value: await measure(), stolen: stolen() };
    if (least === undefined || found.stolen < least.stolen) least = found;
    if (least.stolen <= TOLERATED) break;
    console.error(
      `${what}: the host took ${percent(found.stolen)} of the cores' time (try ${tried} of ${TRIES})`,
    );
  }
  return least!;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

/** The share since now, whenever it is asked for; 0 where the kernel does not count it. */
export function watchStolenTime(read: () => string = () => readFileSync('/proc/stat', 'utf8')): () => number {
  const before = ticks(read());
  return () => {
    const now = ticks(read());
    const total = now.total - before.total;
    return total === 0 ? 0 : (now.stolen - before.stolen) / total;
  };
}

/** All cores together. Time of guests, the last two columns, is in the first two already. */
function ticks(stat: string): { readonly total: number; readonly stolen: number } {
  const [, columns = ''] = /^cpu +(.*)$/m.exec(stat) ?? [];
  const counted = columns.split(' ').map(Number).slice(0, 8);
  return { total: counted.reduce((sum, count) => sum + count, 0), stolen: counted[7] ?? 0 };
}
