const LOOK_EVERY_MS = 20;
/** Far beyond what anything here takes on a busy computer, and below the tests' own limit, so that this one speaks. */
const LIMIT_MS = 60_000;

/** Looks until `holds`. Rejects after a minute, saying what did not come about. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  detail: () => string | Promise<string> = () => '',
): Promise<void> {
  const endMs = performance.now() + LIMIT_MS;
  while (!(await holds())) {
    if (performance.now() > endMs)
      throw new Error(`not within ${LIMIT_MS / 1000} s: ${what}\n${await detail()}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
