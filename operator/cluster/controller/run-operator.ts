import type { Logger } from 'pino';
import { startReadOnlyServer } from '../../../http/read-only-server.ts';
import { countJobs } from '../../metrics/count-jobs.ts';
import type { JobCount } from '../../metrics/job-metrics.ts';
import { createOperatorMetrics } from '../../metrics/operator-metrics.ts';
import { connectToApiServer } from '../api/connect.ts';
import type { KubeConfig } from '../api/kube-config.ts';
import { createEventRecorder } from '../events/recorder.ts';
import { createLeaderElection } from '../lease/leader-election.ts';
import type { OperatorFlags } from './flags.ts';
import { JobController } from './job-controller.ts';
import { isOurs } from './managed-by.ts';
import { warmUp } from './warm-up.ts';
import { WATCHED } from './watches.ts';

export interface OperatorOptions {
  readonly flags: OperatorFlags;
  readonly kubeConfig: KubeConfig;
  /** Of this process, for people: the pod's name. */
  readonly identity: string;
  readonly version: string;
  readonly log: Logger;
  /** Told once, when probes and metrics are served. */
  readonly onListening?: (port: number) => void;
}

const LAST_EVENTS_MS = 2_000;

/**
 * The operator, until `stop` aborts: then no further job is begun, what is under way ends, and the lease is handed over.
 * @returns `lost` when another leads now: this process has nothing more to do and is to be started anew.
 * @throws what nobody expected, and an error that names the address of the probes if it is taken; the process is to end by it.
 */
export async function runOperator(options: OperatorOptions, stop: AbortSignal): Promise<'stopped' | 'lost'> {
  const { flags, kubeConfig, identity, version, log } = options;
  const isLeading = (): boolean => election?.stillLeading() ?? true;
  const jobCounts = (): readonly JobCount[] =>
    countJobs(controller.watches.stores.jobs.list().filter(isOurs));
  const metrics = createOperatorMetrics({
    version,
    leaseName: flags.leaseName,
    watched: WATCHED,
    isLeading,
    countJobs: jobCounts,
  });
  const api = connectToApiServer({ kubeConfig, onCall: (call) => metrics.api.called(call) });
  const { namespace, leaseName } = flags;
  const election = flags.leaderElection
    ? createLeaderElection({ api, namespace, name: leaseName, identity, log })
    : undefined;
  const recorder = createEventRecorder({
    api,
    reporter: { controller: 'terngrad.dev/operator', instance: identity },
    log,
  });
  const controller = new JobController({
    api,
    mayWrite: isLeading,
    settings: {
      pods: flags,
      networkPolicy: {
        operatorNamespace: namespace,
        operatorPodLabels: flags.operatorPodLabels,
        monitoringNamespaceLabels: flags.monitoringNamespacesLabel,
      },
      allowedSecrets: new Set(flags.secretReferences),
    },
    namespaces: flags.watchNamespaces.length === 0 ? 'all' : flags.watchNamespaces,
    ownNamespace: namespace,
    concurrency: flags.concurrency,
    recorder,
    metrics,
    log,
  });
  warmUp();
  const server = await startReadOnlyServer({
    address: flags.httpAddress,
    addressSource: '--http-address',
    registry: metrics.registry,
    sickness: () => controller.sickness(),
    waitsFor: () => {
      const unsynced = controller.watches.unsynced();
      return unsynced.length === 0 ? undefined : `waiting for the first list of ${unsynced.join(', ')}`;
    },
  });
  options.onListening?.(server.port);
  const end = new AbortController();
  const watching = controller.watches.run(end.signal);
  const lead = (leading: AbortSignal): Promise<void> => controller.lead(leading);
  try {
    const leading =
      election === undefined ? lead(stop).then(() => 'stopped' as const) : election.run(lead, stop);
    // A watch never ends before it is told to; if one fails, that is the end.
    return await Promise.race([leading, watching.then(() => leading)]);
  } finally {
    await recorder.close(LAST_EVENTS_MS);
    end.abort();
    await watching;
    await server.close();
    api.close();
  }
}
