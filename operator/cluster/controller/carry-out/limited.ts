/**
 * Does `work` for every item, at most `limit` at a time, in order of the items. After the first failure nothing more
 * is begun; what is under way is waited for. Rejects with the first failure.
 */
export async function limited<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const item = items[next] as T;
      next += 1;
      try {
        await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  const [failure] = failures;
  if (failure !== undefined) throw failure;
}
