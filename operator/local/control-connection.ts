import { openControlClient } from '../../trainer/wire/control-client.ts';
import type { ConnectProgress } from './progress-connection.ts';

/** Asks rank 0 over its mTLS port, as the operator does on a cluster. */
export const connectControl: ConnectProgress = ({ job, address, credentials }) => {
  const { namespace, uid } = job.metadata;
  const client = openControlClient({ address, job: { namespace, uid }, credentials });
  return { ask: (request) => client.progress(request), close: () => client.close() };
};
