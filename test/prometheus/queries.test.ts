import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TernGradJob } from '../../crds/job.ts';
import { RunningJob } from '../local-run/run-job.ts';
import { Sandbox } from '../local-run/sandbox.ts';
import { smallJob } from '../local-run/small-job.ts';
import { until } from '../local-run/until.ts';
import { startBusyOperator, type BusyOperator } from './busy-operator.ts';
import { alertRules, panelsOf, type PanelQueries } from './chart-files.ts';
import { plausibleOfJob, plausibleOfOperator, type Plausible } from './plausible.ts';
import { prometheusPrograms, promtool } from './programs.ts';
import { startPrometheus, type PrometheusServer, type Sample } from './prometheus-server.ts';

const RATE_INTERVAL = '10s';
/** Until then every rate has a full interval behind it. */
const WATCH_MS = 12_000;
const START_LIMIT_MS = 120_000;
const BATCH_SIZE = 64;

/** Trains until it is told to stop, with ternary gradients, a test set, and steps of some milliseconds. */
const endlessJob: TernGradJob = smallJob({
  program: { name: 'mlp', parameters: { hidden: [32] } },
  data: { name: 'synthetic', syntheticExamples: 512 },
  training: {
    batchSize: BATCH_SIZE,
    steps: 1_000_000,
    learningRate: { initial: 0.001 },
    evaluation: { everySteps: 20 },
  },
});

/** What the stand-in for the operator does all the time would be trouble in a real one. The job is well. */
const troubles: ReadonlySet<string> = new Set([
  'TernGradOperatorReconcileErrors',
  'TernGradOperatorWatchUnstable',
  'TernGradJobStuckPending',
  'TernGradJobFailed',
  'TernGradWorkersRestarting',
]);

const programs = prometheusPrograms();
const describeWithPrometheus = programs === undefined ? describe.skip : describe;

describeWithPrometheus('a real Prometheus that scrapes a real job and the metrics of the operator', () => {
  let sandbox: Sandbox | undefined;
  let run: RunningJob | undefined;
  let operator: BusyOperator | undefined;
  let prometheus: PrometheusServer | undefined;
  let workers: readonly string[] = [];

  beforeAll(async () => {
    if (programs === undefined) return;
    sandbox = new Sandbox();
    const file = join(sandbox.folder, 'job.yaml');
    writeFileSync(file, JSON.stringify(endlessJob));
    run = new RunningJob(file, 2, [], sandbox);
    workers = (await run.found(/metrics are served {2}address=(\S+)/g, 2)).map(
      ([, address]) => address ?? '',
    );
    operator = await startBusyOperator();
    // As the chart's two PodMonitors have it: a target's own namespace, and what the operator says of its jobs.
    prometheus = await startPrometheus(programs.prometheus, [
      { name: 'workers', targets: workers, honorLabels: false, labels: { namespace: 'default' } },
      {
        name: 'operator',
        targets: [`127.0.0.1:${operator.port}`],
        honorLabels: true,
        labels: { namespace: 'terngrad-system' },
      },
    ]);
    await until('the job is evaluated', async () => (await ask('terngrad_test_loss')).length === 2);
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  }, START_LIMIT_MS);

  afterAll(async () => {
    await prometheus?.stop();
    await operator?.close();
    run?.signal('SIGINT');
    try {
      await run?.ended();
    } finally {
      sandbox?.remove();
    }
  }, START_LIMIT_MS);

  async function ask(expr: string): Promise<readonly Sample[]> {
    if (prometheus === undefined) throw new Error('Prometheus has not started');
    return prometheus.query(expr);
  }

  async function expectPlausible({ title, unit, expressions }: PanelQueries, bounds: Plausible | undefined) {
    if (bounds === undefined) throw new Error(`plausible.ts says nothing of the panel "${title}"`);
    expect(unit).toBe(bounds.unit);
    expect(expressions.length).toBeGreaterThan(0);
    for (const expr of expressions) {
      const samples = await ask(expr);
      if (samples.length === 0) throw new Error(`empty: ${expr}`);
      const wrong = samples.filter(({ value }) => !(value >= bounds.min && value <= bounds.max));
      expect({ expr, wrong }).toEqual({ expr, wrong: [] });
    }
  }

  test.each(panelsOf('job', RATE_INTERVAL))('job panel "$title" has plausible values', async (panel) => {
    await expectPlausible(panel, plausibleOfJob[panel.title]);
  });

  test.each(panelsOf('operator', RATE_INTERVAL))(
    'operator panel "$title" has plausible values',
    async (panel) => {
      await expectPlausible(panel, plausibleOfOperator[panel.title]);
    },
  );

  test('the figures of the job agree with each other', async () => {
    const job = new Map(panelsOf('job', RATE_INTERVAL).map(({ title, expressions }) => [title, expressions]));
    const valueOf = async (title: string): Promise<number> => {
      const samples = await ask(job.get(title)?.[0] ?? title);
      return samples.reduce((sum, { value }) => sum + value, 0);
    };
    const stepsPerSecond = await valueOf('Steps per second');
    expect((await valueOf('Throughput')) / stepsPerSecond / BATCH_SIZE).toBeCloseTo(1, 0);
    // Phases of a step follow each other; what lies between them is little.
    const busyShare = (await valueOf('Step by phase')) * stepsPerSecond;
    expect(busyShare).toBeGreaterThan(0.3);
    expect(busyShare).toBeLessThan(1.5);
    const compression = await ask(job.get('Compression')?.[0] ?? '');
    expect(new Set(compression.map(({ labels }) => labels['direction']))).toEqual(new Set(['push', 'pull']));
    // All bytes of the sockets are more than those of the gradients among them, and not many times as many.
    const overhead =
      (await valueOf('sum(terngrad_transport_bytes_total{direction="sent"})')) /
      (await valueOf('sum(terngrad_gradient_bytes_total{kind="wire"})'));
    expect(overhead).toBeGreaterThan(1);
    expect(overhead).toBeLessThan(5);
  });

  test.each(alertRules())(
    'alert $alert asks for series that exist, and speaks when it should',
    async (rule) => {
      const asked = askedBy(rule.expr);
      if ((await ask(asked)).length === 0) throw new Error(`empty: ${asked}`);
      expect({ fires: (await ask(rule.expr)).length > 0 }).toEqual({ fires: troubles.has(rule.alert) });
    },
  );

  test('promtool finds nothing to complain of in the metrics pages but names of Node.js', async () => {
    if (programs === undefined) return;
    for (const address of [...workers, `127.0.0.1:${operator?.port}`]) {
      const page = await (await fetch(`http://${address}/metrics`)).text();
      expect(page).toMatch(/^terngrad_/m);
      const { output } = promtool(programs, ['check', 'metrics'], page);
      expect(output.split('\n').filter((line) => line !== '' && !line.startsWith('nodejs_'))).toEqual([]);
    }
  });
});

/** The series that an alert compares with its threshold. */
function askedBy(expr: string): string {
  const [, absent] = /^absent\((.*)\)$/.exec(expr) ?? [];
  const [, compared] = /^(.*?) (?:>|==) (?:[\d.]+$|\()/.exec(expr) ?? [];
  return absent ?? compared ?? expr;
}
