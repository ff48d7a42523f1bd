const LOOK_EVERY_MS = 100;

/**
 * Looks until there is something to return.
 * @throws Error after `limitMs`, saying what did not come about and what was seen last.
 */
export async function eventually<T>(
  what: string,
  limitMs: number,
  look: () => Promise<T | undefined>,
  lastSeen: () => Promise<string> = async () => '',
): Promise<T> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    // oxlint-disable-next-line eslint/no-await-in-loop
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > endMs) {
      throw new Error(`not within ${limitMs / 1000} s: ${what}\n${await lastSeen()}`);
    }
    // oxlint-disable-next-line eslint/no-await-in-loop
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
