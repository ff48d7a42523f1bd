import { LOOPBACK } from '../../operator/local/free-port.ts';
import { openControlClient, type ControlClient } from '../../trainer/wire/control-client.ts';
import type { LooseJob } from './loose-workers.ts';

/** Asks rank 0 of a loose job for progress, as the operator does. */
export async function openControl(loose: LooseJob): Promise<ControlClient> {
  const { namespace, uid } = loose.job.metadata;
  const leaf = await loose.leafFor({ kind: 'operator' });
  return openControlClient({
    address: `${LOOPBACK}:${loose.coordinatorPort}`,
    job: { namespace, uid },
    credentials: { ...leaf, authorities: loose.authority.certificate },
  });
}

/** The request of an operator that wants the small job as it is. */
export const asItIs = {
  wantedSize: 2,
  attempts: [
    { rank: 0, attempt: 1 },
    { rank: 1, attempt: 1 },
  ],
};
