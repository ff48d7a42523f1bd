import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, jest, test } from '@jest/globals';
import { WorkerEnvironment } from '../../crds/worker-environment.ts';
import { LOOPBACK } from '../../operator/local/free-port.ts';
import { freePort } from '../../trainer/exchange/testing/free-port.ts';
import { asItIs, openControl } from './control.ts';
import { openCountingProxy, PROXY_HOST, type CountingProxy } from './counting-proxy.ts';
import { gatedProgram } from './gate.ts';
import { withLooseJob } from './loose-workers.ts';
import { nativeIsBuilt } from './native-built.ts';
import { recordedRun } from './recorded-run.ts';
import { runJob } from './run-job.ts';
import { programFile, smallJob } from './small-job.ts';
import { until } from './until.ts';

jest.setTimeout(120_000);

const native = await nativeIsBuilt();
const done = { exitCode: 0, message: { reason: 'Completed' } };
/** With the reason, so that a failure tells its own. */
const succeeded = { phase: 'Succeeded', reason: 'Completed', message: expect.any(String) };

test('all members hold bit-identical weights after each committed step', async () => {
  const { result, weights } = await recordedRun({ workers: { replicas: 3, backend: 'cpu' } });
  expect(result).toMatchObject(succeeded);
  const [first, ...others] = weights;
  expect(first).toHaveLength(result.steps);
  expect(new Set(first).size).toBe(result.steps);
  for (const other of others) expect(other).toEqual(first);
  expect(new Set(result.weightsHashes).size).toBe(1);
});

describe('batch-norm statistics, which each member gathers from its own slices', () => {
  const batchNorm = { path: programFile('recording'), parameters: { batchNorm: true } };
  const workers = { replicas: 3, backend: 'cpu' } as const;

  test('are the same on all members where they evaluate: the mean', async () => {
    const { result, weights } = await recordedRun({ workers, program: batchNorm });
    expect(result).toMatchObject(succeeded);
    const [first, ...others] = weights;
    expect(first).toHaveLength(result.steps);
    // In Keras's order: trainable ones first, at the end the moving mean and variance of each hidden unit.
    const movingMeans = (first ?? []).map((line) => (JSON.parse(line) as number[][]).at(-2));
    expect(movingMeans[0]).toHaveLength(64);
    expect(new Set(movingMeans.map((means) => JSON.stringify(means))).size).toBe(result.steps);
    for (const other of others) expect(other).toEqual(first);
  });

  test('and evaluating more often trains the same', async () => {
    const program = { ...batchNorm, path: programFile('tiny') };
    const [often, once] = [
      await runJob(smallJob({ workers, program, training: { evaluation: { everySteps: 2 } } })),
      await runJob(smallJob({ workers, program })),
    ];
    expect(often.result.weightsHashes).toEqual(once.result.weightsHashes);
    expect(often.result.testAccuracy).toEqual(once.result.testAccuracy);
  });
});

test('the step counter never goes back except through a restore event', async () => {
  await withLooseJob(smallJob({ training: { steps: 60 } }), async (loose) => {
    const workers = [loose.start(0), loose.start(1)];
    const control = await openControl(loose);
    const steps: number[] = [];
    try {
      while (workers.every((worker) => !worker.isOver)) {
        // Before the workers have met and after the end there is no answer.
        await control.progress(asItIs).then(
          ({ step }) => steps.push(step),
          () => pause(20),
        );
      }
    } finally {
      control.close();
    }
    expect(await loose.ended()).toMatchObject([done, done]);
    expect(new Set(steps).size).toBeGreaterThan(3);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(steps.at(-1)).toBeLessThanOrEqual(60);
  });
});

test('transport bytes counted by the metrics equal those counted by a proxy in between', async () => {
  const job = smallJob({ program: gatedProgram(4), exchange: { peerLossSeconds: 120 } });
  await withLooseJob(job, async (loose) => {
    const proxies = [await openCountingProxy(), await openCountingProxy()] as const;
    const metricsPorts = [await freePort(), await freePort()] as const;
    try {
      // Both ranks are reached through a proxy, rank 0 under its name, rank 1 at the address that it gives.
      // Rank 0 first: of a connection that it refuses, the proxy would count bytes that it never received.
      for (const rank of [0, 1] as const) {
        if (rank === 1) await until('rank 0 listens', () => accepts(proxies[0].port));
        loose.start(rank, {
          [WorkerEnvironment.coordinatorAddress]: `${PROXY_HOST}:${proxies[0].port}`,
          [WorkerEnvironment.advertiseHost]: PROXY_HOST,
          [WorkerEnvironment.listenAddress]: `${LOOPBACK}:${proxies[rank].port}`,
          [WorkerEnvironment.httpAddress]: `${LOOPBACK}:${metricsPorts[rank]}`,
        });
      }
      await loose.atGate();
      await quiet(proxies);
      const [zero, one] = proxies;
      const byProxies = (): unknown => [
        { sent: zero.fromTarget + one.toTarget, received: zero.toTarget + one.fromTarget },
        { sent: one.fromTarget + zero.toTarget, received: one.toTarget + zero.fromTarget },
      ];
      const byMetrics = async (): Promise<unknown> => Promise.all(metricsPorts.map(transportBytes));
      // Nothing is sent at the gate, but on a busy computer the last bytes may still be on their way.
      let seen: unknown;
      await until(
        'the counts of metrics and proxies agree',
        async () => {
          // A scrape that fails is repeated, as Prometheus would.
          seen = await byMetrics().catch(() => seen);
          return isDeepStrictEqual(seen, byProxies());
        },
        () => `${JSON.stringify({ byMetrics: seen, byProxies: byProxies() })}\n${loose.output}`,
      );
      loose.openGate();
      expect(await loose.ended()).toMatchObject([done, done]);
    } finally {
      for (const proxy of proxies) await proxy.close();
    }
  });
});

describe('the same seed gives the same final weights on a rerun', () => {
  test('cpu, and another seed gives others', async () => {
    const weightsOf = async (seed: number): Promise<unknown> => {
      const { result } = await runJob(smallJob({ training: { seed } }));
      expect(result).toMatchObject(succeeded);
      return result.weightsHashes;
    };
    const first = await weightsOf(1);
    expect(await weightsOf(1)).toEqual(first);
    expect(await weightsOf(2)).not.toEqual(first);
  });

  test('wasm', () => repeatsItself('wasm'));
  (native ? test : test.skip)('native with one thread', () => repeatsItself('native'));

  async function repeatsItself(backend: 'wasm' | 'native'): Promise<void> {
    const job = smallJob({ workers: { replicas: 2, backend, threads: 1 } });
    const first = await runJob(job);
    expect(first.result).toMatchObject(succeeded);
    const again = await runJob(job);
    expect(again.result.weightsHashes).toEqual(first.result.weightsHashes);
    expect(again.result.loss).toBe(first.result.loss);
  }
});

/** Whether somebody listens there; nothing is sent. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.end();
      resolve(true);
    });
  });
}

async function transportBytes(metricsPort: number): Promise<{ sent: number; received: number }> {
  const text = await (await fetch(`http://${LOOPBACK}:${metricsPort}/metrics`)).text();
  const value = (direction: string): number =>
    Number(
      new RegExp(`^terngrad_transport_bytes_total\\{.*direction="${direction}".*\\} (\\d+)$`, 'm').exec(
        text,
      )?.[1],
    );
  return { sent: value('sent'), received: value('received') };
}

/** Resolves once no byte has passed for a while. */
async function quiet(proxies: readonly CountingProxy[]): Promise<void> {
  const total = (): number =>
    proxies.reduce((sum, { toTarget, fromTarget }) => sum + toTarget + fromTarget, 0);
  for (let before = -1; before !== total();) {
    before = total();
    await pause(300);
  }
}
