import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;

/**
 * Waits until `findFault` finds none.
 * @throws with the last fault that it found, after `limitMs`.
 */
export async function eventually(
  what: string,
  findFault: () => string | undefined,
  limitMs: number,
): Promise<void> {
  const endMs = performance.now() + limitMs;
  for (let fault = findFault(); fault !== undefined; fault = findFault()) {
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}: ${fault}`);
    await pause(LOOK_EVERY_MS);
  }
}
