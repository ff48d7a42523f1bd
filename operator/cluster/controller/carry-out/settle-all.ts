/**
 * Waits until all of them are over, then rejects with the first failure, if any: when the caller goes on, none of its
 * writes is under way any more.
 */
export async function settleAll(tasks: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(tasks);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
