import { describe, expect, test } from '@jest/globals';
import type { JobStatus } from '../../../crds/status.ts';
import { exampleJob } from '../../../crds/testing/example-job.ts';
import type { JobProgress } from '../../plan/progress.ts';
import type { DeleteOptions, KubeObject } from '../api/types.ts';
import { MemoryApiServer } from '../testing/memory-api-server.ts';
import { TestClock } from '../testing/test-clock.ts';
import { TestKubelet } from '../testing/test-kubelet.ts';
import { TestOperator } from '../testing/test-operator.ts';
import type { JobObject } from './job-object.ts';

/** A cluster whose rank 0 says what the test says, and that notes how pods are deleted. */
class Surroundings {
  readonly clock = new TestClock();
  readonly server = new MemoryApiServer(this.clock.now);
  readonly kubelet = new TestKubelet(this.server, this.clock.now);
  readonly deletions: (DeleteOptions & { readonly name: string })[] = [];
  progress: JobProgress | undefined;
  operator: TestOperator;

  constructor() {
    this.operator = this.anOperator();
  }

  anOperator(): TestOperator {
    const { server, deletions } = this;
    const resource = server.resource.bind(server);
    const noting = Object.assign(Object.create(server) as MemoryApiServer, {
      resource: (kind: Parameters<typeof resource>[0]) => {
        const open = resource(kind);
        return {
          ...open,
          delete: (namespace: string, name: string, options: DeleteOptions) => {
            deletions.push({ name, ...options });
            return open.delete(namespace, name, options);
          },
        };
      },
    });
    return new TestOperator(noting, this.clock.now, {
      of: () => this.progress,
      update: () => {},
      forget: () => {},
    });
  }

  /** Three workers have trained for a minute, to step 20. */
  async trained(): Promise<void> {
    const object = exampleJob({ workers: { replicas: 3 } }, { namespace: 'default' }) as KubeObject;
    this.server.put('terngradjobs', { ...object, metadata: { ...object.metadata, generation: 1 } });
    await this.operator.settle();
    this.kubelet.runAll();
    await this.operator.settle();
    this.clock.advance(60_000);
    this.progress = this.report('training');
    await this.operator.look('default/example');
  }

  /** @param since when rank 0 was first heard to wait for `missing`. Default now. */
  report(state: string, missing?: number, since = this.clock.now()): JobProgress {
    const heardAt = this.clock.now();
    return {
      step: 20,
      totalSteps: 100,
      epoch: 1,
      ranks: [0, 1, 2].map((rank) => ({ rank, attempt: 1, step: 20, state })),
      suspects:
        missing === undefined ? [] : [{ rank: missing, attempt: 1, reason: 'silent', since, heardAt }],
      stragglers: [],
      advancedAt: heardAt,
    };
  }

  async after(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.operator.settle();
    this.clock.advance(1);
    await this.operator.settle();
  }

  get status(): JobStatus | undefined {
    return (this.server.find('terngradjobs', 'default', 'example') as JobObject | undefined)?.status;
  }
}

describe('the pod of a worker that rank 0 misses, on a node that does not answer', () => {
  test('is deleted at once, by its UID, and replaced; the others are left alone', async () => {
    const around = new Surroundings();
    await around.trained();
    const missed = around.kubelet.pods().find(({ metadata }) => metadata.name.endsWith('-2-1'));
    const { uid, resourceVersion } = missed?.metadata ?? {};
    const since = around.clock.now();
    around.progress = around.report('waiting', 2);
    await around.operator.look('default/example');
    expect(around.status).toMatchObject({ state: 'Restarting' });
    await around.after(5_000);
    expect(around.deletions).toEqual([]);
    around.progress = around.report('waiting', 2, since);
    await around.operator.look('default/example');
    await around.after(1);
    expect(around.deletions).toEqual([
      { name: 'example-worker-2-1', uid, resourceVersion, gracePeriodSeconds: 0 },
    ]);
    expect(around.kubelet.names()).toEqual([
      'example-worker-0-1',
      'example-worker-1-1',
      'example-worker-2-2',
    ]);
    expect(around.status).toMatchObject({ failureCount: 0, failures: [{ uid, reason: 'WorkerSuspected' }] });
    expect(around.operator.events.map(({ reason }) => reason)).toEqual([
      'JobRunning',
      'WorkerFailed',
      'WorkerReplaced',
    ]);
  });

  test('is deleted also by the next operator, when this one dies as soon as it has stored why', async () => {
    const around = new Surroundings();
    await around.trained();
    const since = around.clock.now();
    around.clock.advance(5_000);
    around.progress = around.report('waiting', 2, since);
    await around.operator.look('default/example');
    expect(around.status?.failures).toMatchObject([{ reason: 'WorkerSuspected' }]);
    expect(around.deletions).toEqual([]);
    around.progress = undefined;
    around.operator = around.anOperator();
    await around.after(1);
    expect(around.deletions).toMatchObject([{ name: 'example-worker-2-1', gracePeriodSeconds: 0 }]);
    expect(around.kubelet.names()).toContain('example-worker-2-2');
  });
});
