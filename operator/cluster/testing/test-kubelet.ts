import { WORKER_CONTAINER } from '../controller/observe/pod.ts';
import type { ContainerState, Pod, PodStatus } from '../controller/observe/pod.ts';
import type { MemoryApiServer } from './memory-api-server.ts';

/** Scheduler, node and container runtime of a test: it does to pods what the test says. */
export class TestKubelet {
  private readonly server: MemoryApiServer;
  private readonly clock: () => Date;

  constructor(server: MemoryApiServer, clock: () => Date) {
    this.server = server;
    this.clock = clock;
  }

  /** Every pod without a node gets one, and runs. */
  runAll(): void {
    for (const pod of this.pods()) if (pod.status?.phase === undefined) this.run(pod.metadata.name);
  }

  run(name: string): void {
    const startedAt = this.clock().toISOString();
    this.set(name, {
      phase: 'Running',
      podIP: '10.0.0.9',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: startedAt }],
      containerStatuses: [{ name: WORKER_CONTAINER, state: { running: { startedAt } } }],
    });
  }

  end(name: string, exitCode: number, message?: object): void {
    const finishedAt = this.clock().toISOString();
    const terminated = {
      exitCode,
      finishedAt,
      ...(message !== undefined && { message: JSON.stringify(message) }),
    };
    this.set(name, { phase: exitCode === 0 ? 'Succeeded' : 'Failed', ...container({ terminated }) });
  }

  /** A pod on a node whose container does not come up. */
  wait(name: string, reason: string, message: string): void {
    this.set(name, { phase: 'Pending', ...container({ waiting: { reason, message } }) });
  }

  /** Pods that were asked to end are gone. */
  reap(): void {
    for (const { metadata } of this.pods()) {
      if (metadata.deletionTimestamp !== undefined) {
        this.server.remove('pods', metadata.namespace ?? '', metadata.name);
      }
    }
  }

  pods(): readonly Pod[] {
    return this.server.all('pods') as readonly Pod[];
  }

  names(): readonly string[] {
    return this.pods()
      .map(({ metadata }) => metadata.name)
      .toSorted();
  }

  private set(name: string, status: PodStatus): void {
    const pod = this.pods().find(({ metadata }) => metadata.name === name);
    if (pod === undefined) throw new Error(`there is no pod ${name}; there are ${this.names().join(', ')}`);
    this.server.put('pods', { ...pod, spec: { ...pod.spec, nodeName: 'node-1' }, status } as Pod);
  }
}

function container(state: ContainerState): Pick<PodStatus, 'containerStatuses'> {
  return { containerStatuses: [{ name: WORKER_CONTAINER, state }] };
}
