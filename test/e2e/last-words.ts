import type { TerminationMessage } from '../../crds/index.ts';
import type { Pod } from './objects.ts';

/** What a worker left when it ended. */
export function lastWords(pod: Pod): TerminationMessage {
  const message = pod.status.containerStatuses?.[0]?.state.terminated?.message;
  if (message === undefined) throw new Error(`${pod.metadata.name} has left no termination message`);
  return JSON.parse(message) as TerminationMessage;
}
