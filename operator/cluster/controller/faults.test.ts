import { describe, expect, test } from '@jest/globals';
import { ExitCode } from '../../../crds/exit-codes.ts';
import { exampleJob } from '../../../crds/testing/example-job.ts';
import { ApiError } from '../api/errors.ts';
import type { KubeObject } from '../api/types.ts';
import type { Fate } from '../testing/memory-api-server.ts';
import { MemoryApiServer } from '../testing/memory-api-server.ts';
import { TestClock } from '../testing/test-clock.ts';
import { TestKubelet } from '../testing/test-kubelet.ts';
import { TestOperator } from '../testing/test-operator.ts';
import type { JobObject } from './job-object.ts';

/** A job's life with a failure, a suspension and an end, with something going wrong at one write of it. */
class Life {
  readonly clock = new TestClock();
  readonly server = new MemoryApiServer(this.clock.now);
  private readonly kubelet = new TestKubelet(this.server, this.clock.now);
  private operator = new TestOperator(this.server, this.clock.now);
  private readonly restartsOnError: boolean;
  readonly made = new Map<string, number>();

  constructor(restartsOnError: boolean) {
    this.restartsOnError = restartsOnError;
    this.server.watch('pods', ({ type, object: { metadata } }) => {
      if (type === 'added') this.made.set(metadata.name, (this.made.get(metadata.name) ?? 0) + 1);
    });
  }

  async live(): Promise<void> {
    this.apply({});
    await this.settle();
    this.kubelet.runAll();
    await this.settle();
    this.kubelet.end('example-worker-0-1', ExitCode.internal);
    await this.settle();
    this.kubelet.runAll();
    await this.settle();
    this.apply({ suspend: true });
    await this.settle();
    for (const { metadata } of this.kubelet.pods()) {
      if (metadata.deletionTimestamp !== undefined) this.kubelet.end(metadata.name, ExitCode.stopped);
    }
    this.kubelet.reap();
    await this.settle();
    this.apply({ suspend: false });
    await this.settle();
    this.kubelet.runAll();
    await this.settle();
    for (const { metadata, status } of this.kubelet.pods()) {
      if (status?.phase === 'Running') this.kubelet.end(metadata.name, ExitCode.done);
    }
    await this.settle();
  }

  /** What is left, without what differs from run to run. */
  end(): unknown {
    const job = this.server.find('terngradjobs', 'default', 'example') as JobObject;
    const uids = new Map<string, string>();
    const masked = JSON.stringify(job.status)
      .replaceAll(job.metadata.uid ?? '', '<job>')
      .replaceAll(
        /"(\w*[uU]id)":"([^"]+)"|"\d{4}-\d\d-\d\dT[^"]+"/g,
        (_whole, name: string | undefined, uid: string | undefined) => {
          if (name === undefined || uid === undefined) return '"<time>"';
          const alias = uids.get(uid) ?? `<uid ${uids.size}>`;
          uids.set(uid, alias);
          return `"${name}":"${alias}"`;
        },
      );
    return {
      status: JSON.parse(masked) as unknown,
      objects: ['pods', 'secrets', 'services', 'networkpolicies'].map((plural) =>
        this.server
          .all(plural)
          .map(({ metadata }) => metadata.name)
          .toSorted(),
      ),
    };
  }

  private async settle(): Promise<void> {
    await this.untilQuiet();
    // What was refused is tried again by now.
    this.clock.advance(31_000);
    await this.untilQuiet();
  }

  private async untilQuiet(): Promise<void> {
    for (let restarts = 0; restarts < 20; restarts += 1) {
      const before = this.operator.errors.length;
      await this.operator.settle(this.restartsOnError ? 'die' : 'retry');
      if (!this.restartsOnError || this.operator.errors.length === before) return;
      this.operator = new TestOperator(this.server, this.clock.now);
    }
    throw new Error('the operator never comes to rest');
  }

  private apply(changes: object): void {
    const spec = { workers: { replicas: 2 }, failurePolicy: { backoffLimit: 3 }, ...changes };
    const job = exampleJob(spec, { namespace: 'default' }) as KubeObject;
    const generation = (this.server.find('terngradjobs', 'default', 'example')?.metadata.generation ?? 0) + 1;
    this.server.put('terngradjobs', { ...job, metadata: { ...job.metadata, generation } });
  }
}

/** Every pod that ever was, and how often it was made. */
function madeBy({ made }: Life): readonly string[] {
  return [...made].map(([name, times]) => `${name}: ${times}`).toSorted();
}

async function liveWith(restartsOnError: boolean, at: number, fate: Fate): Promise<Life> {
  const life = new Life(restartsOnError);
  let writes = 0;
  life.server.fateOf = () => {
    writes += 1;
    return writes === at ? fate : 'done';
  };
  await life.live();
  return life;
}

const refusals: readonly Fate[] = [
  new ApiError({ status: 500, reason: 'InternalError', message: 'etcdserver: request timed out' }),
  new ApiError({ status: 429, reason: 'TooManyRequests', message: 'later' }),
  new ApiError({ status: 409, reason: 'Conflict', message: 'the object has been modified' }),
];

const faults: readonly (readonly [string, boolean, Fate])[] = [
  ['the operator dies before it', true, 'cut'],
  ['the operator dies after the server has done it', true, 'lost'],
  ['it never reaches the server', false, 'cut'],
  ['its answer is lost', false, 'lost'],
  ...refusals.map((fate) => [`it is refused once with ${(fate as ApiError).status}`, false, fate] as const),
];

describe('whatever happens at any write, the end is the same', () => {
  test.each(faults)('%s', async (_name, restartsOnError, fate) => {
    const reference = await liveWith(restartsOnError, 0, 'done');
    expect((reference.end() as { status: { state: string } }).status.state).toBe('Succeeded');
    for (let at = 1; at <= reference.server.writes.length; at += 1) {
      const life = await liveWith(restartsOnError, at, fate);
      const where = `write ${at}: ${JSON.stringify({ ...life.server.writes[at - 1], object: undefined })}`;
      expect({ where, end: life.end() }).toEqual({ where, end: reference.end() });
      expect({ where, made: madeBy(life) }).toEqual({
        where,
        made: madeBy(reference),
      });
    }
  });
});

test('two operators at once end where one does, and no pod is made twice', async () => {
  const clock = new TestClock();
  const server = new MemoryApiServer(clock.now);
  const kubelet = new TestKubelet(server, clock.now);
  const operators = [new TestOperator(server, clock.now), new TestOperator(server, clock.now)];
  const settle = async (): Promise<void> => {
    await Promise.all(operators.map((operator) => operator.settle()));
  };
  const job = exampleJob(
    { workers: { replicas: 3 }, failurePolicy: { backoffLimit: 3 } },
    { namespace: 'default' },
  );
  server.put('terngradjobs', job as KubeObject);
  await settle();
  kubelet.runAll();
  await settle();
  kubelet.end('example-worker-2-1', ExitCode.internal);
  await settle();
  kubelet.runAll();
  await settle();
  expect(kubelet.names()).toEqual([
    'example-worker-0-1',
    'example-worker-1-1',
    'example-worker-2-1',
    'example-worker-2-2',
  ]);
  const { status } = server.find('terngradjobs', 'default', 'example') as JobObject;
  expect(status).toMatchObject({ state: 'Running', failureCount: 1, restarts: 1 });
});
