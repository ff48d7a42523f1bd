import { createOperatorMetrics } from '../../operator/metrics/operator-metrics.ts';
import { startReadOnlyServer } from '../../http/read-only-server.ts';

export interface BusyOperator {
  readonly port: number;
  close(): Promise<void>;
}

const EVERY_MS = 50;

/** What the stand-in does, in the units of the operator's own calls; the tests expect these figures back. */
export const work = {
  reconcileMs: 4,
  reconcilesPerSecond: 1000 / EVERY_MS,
  /** One in so many fails. */
  failEvery: 10,
  waitMs: 2,
  podsCreatedMs: 40,
  runningMs: 1600,
  replacedMs: 900,
  jobs: 7,
} as const;

/**
 * The operator's own metrics and listener, with made-up work: what its panels show is then known beforehand. The
 * controller itself is left out, as it needs a cluster.
 */
export async function startBusyOperator(): Promise<BusyOperator> {
  const metrics = createOperatorMetrics({
    version: '0.1.0',
    leaseName: 'terngrad-operator',
    watched: ['terngradjobs', 'pods'],
    isLeading: () => true,
    countJobs: () => [
      { namespace: 'team-a', state: 'Running', count: work.jobs - 3 },
      { namespace: 'team-a', state: 'Pending', count: 1 },
      { namespace: 'team-b', state: 'Running', count: 1 },
      { namespace: 'team-b', state: 'Failed', count: 1 },
    ],
  });
  const server = await startReadOnlyServer({
    address: { host: '127.0.0.1', port: 0 },
    addressSource: 'address',
    registry: metrics.registry,
    sickness: () => undefined,
    waitsFor: () => undefined,
  });
  let turn = 0;
  const timer = setInterval(() => {
    turn += 1;
    metrics.queue.added();
    metrics.queue.waited(work.waitMs / 1000);
    metrics.queue.worked(work.reconcileMs / 1000);
    metrics.queue.depth(turn % 3);
    const failed = turn % work.failEvery === 0;
    metrics.reconcile.reconciled(failed ? 'error' : 'success', work.reconcileMs);
    if (failed) metrics.queue.retried();
    const call = { path: '/api/v1/pods', host: '10.0.0.1:443', durationMs: 2 };
    metrics.api.called({ ...call, method: 'PATCH', code: failed ? '409' : '200' });
    if (turn % 10 !== 0) return;
    metrics.api.watchRestarted('pods', 'expired');
    metrics.jobs.podsCreated(work.podsCreatedMs);
    metrics.jobs.running(work.runningMs);
    metrics.jobs.workerReplaced(work.replacedMs);
    metrics.jobs.workerRestarted('team-a', 'PeerLost');
  }, EVERY_MS);
  return {
    port: server.port,
    async close() {
      clearInterval(timer);
      await server.close();
    },
  };
}
