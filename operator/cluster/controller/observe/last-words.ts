import { terminationMessageSchema } from '../../../../crds/termination-message.ts';
import type { TerminationMessage } from '../../../../crds/termination-message.ts';
import type { WorkerIdentity } from '../../../plan/worker-child.ts';

/**
 * What a worker left in its termination message. It was written inside the user's container, so it is checked like
 * any input: what is not ours, cut short, empty or of another worker counts as no word at all.
 */
export function lastWords(text: string | undefined, worker: WorkerIdentity): TerminationMessage | undefined {
  if (text === undefined || text === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = terminationMessageSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { rank, attempt } = parsed.data;
  return rank === worker.rank && attempt === worker.attempt ? parsed.data : undefined;
}
