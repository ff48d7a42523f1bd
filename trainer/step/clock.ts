/**
 * Milliseconds on a clock that all threads of the process share. `performance.now()` will not do between threads:
 * each has its own origin.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
