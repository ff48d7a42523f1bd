import type { RankCertificate } from '../../../plan/manifests/rank-secrets.ts';
import type { ProgressConnection, ProgressTarget } from './progress-book.ts';

/**
 * Opens the way to rank 0 of a job with the operator's own certificate, as it is at that moment. Rank 0 has to prove by
 * its certificate that it belongs to this very job.
 */
export function connectToRank0(
  { namespace, jobUid, address, encrypted }: ProgressTarget,
  certificate: () => RankCertificate,
): ProgressConnection {
  // Loaded when it is needed: gRPC takes a good part of what an operator loads, and none of it before a job runs.
  const client = import('../../../../trainer/wire/control-client.ts').then(({ openControlClient }) =>
    openControlClient({
      address,
      job: { namespace, uid: jobUid },
      credentials: encrypted ? certificate() : undefined,
    }),
  );
  return {
    ask: async (request) => (await client).progress(request),
    close: () =>
      void client.then(
        (opened) => opened.close(),
        () => undefined, // Whoever asked has heard why.
      ),
  };
}
