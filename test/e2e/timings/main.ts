import { describeMachine, machineLine } from '../../../bench/machine.ts';
import { formatSpread, formatTable } from '../../../bench/table.ts';
import { connectedCluster } from '../cluster.ts';
import { Jobs } from '../jobs.ts';
import { operatorMetric } from '../operator.ts';
import { launchWrites, operatorWrites } from '../operator-calls.ts';
import { copyOfWorkers } from './bare-pods.ts';
import { deleteJob, launchBarePods, launchJob, resumeJob } from './launch.ts';
import { type Fault, replaceWorker } from './replacement.ts';
import { clear, launchMany, launchManyBarePods } from './scale.ts';
import { withSimulatedNodes } from './simulated-nodes.ts';

/**
 * The figures of docs/benchmarks.md about the operator:
 * `test/e2e/run.sh node --import tsx test/e2e/timings/main.ts [one|many|both [ROUNDS]]`: one job on a real
 * node, many on simulated ones. Default: both, and medians of 5 rounds.
 */
const [, , part, roundsText = '5'] = process.argv;
const rounds = Number(roundsText);
const REPLICAS = 4;
const { client } = connectedCluster();
const rows: string[][] = [];
const milliseconds = (values: readonly number[]) => formatSpread(values, 0);
const row = (what: string, figure: string, goal: string) => {
  rows.push([what, figure, goal]);
  process.stderr.write(`${what}: ${figure}\n`);
};
const memoryMb = async () => (await operatorMetric(client, 'process_resident_memory_bytes')) / 1e6;
const cpuSeconds = () => operatorMetric(client, 'process_cpu_seconds_total');

process.stderr.write(`${machineLine(describeMachine())}\n`);
row('operator memory, idle (MB)', (await memoryMb()).toFixed(0), '90');
if (part !== 'many') await inNamespace('timings-one', oneJob);
if (part !== 'one') await withSimulatedNodes(client, () => inNamespace('timings-many', manyJobs));
console.log(machineLine(describeMachine()));
console.log(formatTable(['what', 'median [min-max]', 'goal'], rows));
client.close();

async function oneJob(jobs: Jobs): Promise<void> {
  const podsExist: number[] = [];
  const allRunning: number[] = [];
  const bare: number[] = [];
  const deleted: number[] = [];
  const resumed: number[] = [];
  const faults: readonly Fault[] = ['process killed', 'pod deleted'];
  const replaced = new Map(
    faults.map((fault) => [fault, { running: [] as number[], operator: [] as number[] }]),
  );
  let writes = 0;
  for (let round = 0; round < rounds; round += 1) {
    const name = `round-${round}`;
    const writtenBefore = operatorWrites(jobs.namespace).length;
    // One after the other, or they would measure each other.
    /* oxlint-disable eslint/no-await-in-loop */
    const launched = await launchJob(client, jobs, name, REPLICAS);
    await jobs.untilState(name, 'Running', 120_000);
    writes = launchWrites(operatorWrites(jobs.namespace).slice(writtenBefore)).length;
    podsExist.push(launched.podsExistMs);
    allRunning.push(launched.allRunningMs);
    for (const [fault, times] of replaced) {
      const { runningMs, operatorMs } = await replaceWorker(client, jobs, {
        name,
        rank: fault === 'pod deleted' ? 2 : 1,
        fault,
      });
      times.running.push(runningMs);
      times.operator.push(operatorMs);
      await jobs.untilState(name, 'Running', 120_000);
    }
    await jobs.change(name, { suspend: true });
    await jobs.untilState(name, 'Suspended', 120_000);
    resumed.push(await resumeJob(client, jobs, name, REPLICAS));
    await jobs.untilState(name, 'Running', 120_000);
    const copies = await copyOfWorkers(client, jobs, name);
    deleted.push(await deleteJob(jobs, name));
    bare.push(await launchBarePods(client, jobs, copies));
    /* oxlint-enable eslint/no-await-in-loop */
  }
  row(`job created, to its ${REPLICAS} pods existing (ms)`, milliseconds(podsExist), '60');
  row(`job created, to ${REPLICAS} pods Running (ms)`, milliseconds(allRunning), 'bare pods + 60');
  row(`${REPLICAS} bare pods created, to Running (ms)`, milliseconds(bare), '');
  for (const [fault, { running, operator }] of replaced) {
    row(`${fault}, to its replacement Running (ms)`, milliseconds(running), '1300');
    row(`... of which the operator's own share (ms)`, milliseconds(operator), '150');
  }
  row('resumed, to all Running (ms)', milliseconds(resumed), '1700');
  row('job deleted, to nothing left (ms)', milliseconds(deleted), '3000 after the grace period');
  row('writes from creation to Running', String(writes), '14');
}

async function manyJobs(jobs: Jobs): Promise<void> {
  for (const { count, replicas, goal } of [
    { count: 200, replicas: 4, goal: '9.0' },
    { count: 1, replicas: 500, goal: '5.0' },
    { count: 1000, replicas: 4, goal: '' },
  ]) {
    /* oxlint-disable eslint/no-await-in-loop */
    const bareSeconds = (await launchManyBarePods(client, jobs.namespace, count * replicas)) / 1000;
    await clear(client, jobs);
    const cpuBefore = await cpuSeconds();
    const seconds = (await launchMany(client, jobs, count, replicas)) / 1000;
    const cpu = (await cpuSeconds()) - cpuBefore;
    const what = `${count} x ${replicas} simulated workers`;
    row(`${what}, to all Running (s)`, seconds.toFixed(1), goal);
    row('... as many bare pods (s)', bareSeconds.toFixed(1), '');
    row('... operator CPU (s)', cpu.toFixed(1), '');
    row('... operator memory (MB)', (await memoryMb()).toFixed(0), count === 200 ? '140' : '');
    await clear(client, jobs);
    /* oxlint-enable eslint/no-await-in-loop */
  }
}

async function inNamespace(prefix: string, measure: (jobs: Jobs) => Promise<void>): Promise<void> {
  const name = `${prefix}-${process.pid}`;
  await client.create('/api/v1/namespaces', { metadata: { name } });
  try {
    await measure(new Jobs(client, name));
  } finally {
    await client.delete(`/api/v1/namespaces/${name}`);
  }
}
