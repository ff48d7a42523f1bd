import { describeMachine, machineLine } from '../../../bench/machine.ts';
import { formatSpread, formatTable } from '../../../bench/table.ts';
import { connectedCluster } from '../cluster.ts';
import { Jobs } from '../jobs.ts';
import { operatorMetric } from '../operator.ts';
import { launchWrites, operatorWrites } from '../operator-calls.ts';
import { endlessJob } from '../small-job.ts';
import { copyOfWorkers } from './bare-pods.ts';
import { idleJob } from './idle-job.ts';
import { deleteJob, launchBarePods, launchJob, resumeJob } from './launch.ts';
import { type Fault, replaceWorker } from './replacement.ts';
import { clear, launchMany, launchManyBarePods } from './scale.ts';
import { withSimulatedNodes } from './simulated-nodes.ts';

/**
 * The figures of docs/benchmarks.md about the operator:
 * `test/e2e/run.sh node --import tsx test/e2e/timings/main.ts [one|many|thousand|all [ROUNDS]]`: one job on a real node,
 * with medians over the rounds (5); 200 jobs and a large one on simulated nodes; 1,000 jobs there. Default: all.
 */
const [, , part = 'all', roundsText = '5'] = process.argv;
const rounds = Number(roundsText);
const REPLICAS = 4;
const SCALES = [
  { part: 'many', count: 200, replicas: 4, goal: '9.0' },
  { part: 'many', count: 1, replicas: 500, goal: '5.0' },
  { part: 'thousand', count: 1000, replicas: 4, goal: '' },
];
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
if (part === 'one' || part === 'all') await inNamespace('timings-one', oneJob);
const scales = SCALES.filter((scale) => part === 'all' || scale.part === part);
if (scales.length > 0) {
  await withSimulatedNodes(client, () => inNamespace('timings-many', (jobs) => manyJobs(jobs, scales)));
}
console.log(machineLine(describeMachine()));
console.log(formatTable(['what', 'median [min-max]', 'goal'], rows));
client.close();

async function oneJob(jobs: Jobs): Promise<void> {
  const times = new Map<string, number[]>();
  const note = (what: string, ms: number) => times.set(what, [...(times.get(what) ?? []), ms]);
  const faults: readonly Fault[] = ['process killed', 'pod deleted'];
  for (let round = 0; round < rounds; round += 1) {
    const name = `round-${round}`;
    // One after the other, or they would measure each other.
    /* oxlint-disable eslint/no-await-in-loop */
    const launched = await launchJob(client, jobs, idleJob(name, REPLICAS), REPLICAS);
    note('exist', launched.podsExistMs);
    note('running', launched.allRunningMs);
    const copies = await copyOfWorkers(client, jobs, name);
    for (const fault of faults) {
      const rank = fault === 'pod deleted' ? 2 : 1;
      const { runningMs, shownMs, operatorMs } = await replaceWorker(client, jobs, { name, rank, fault });
      note(`${fault} running`, runningMs);
      note(`${fault} shown`, shownMs);
      note(`${fault} operator`, operatorMs);
    }
    // As a replacement starts: one pod, beside four that wait.
    note('one bare', await launchBarePods(client, jobs, copies, 1));
    await copies.remove();
    note('deleted', await deleteJob(jobs, name));
    const again = `again-${round}`;
    await jobs.create(idleJob(again, REPLICAS, { suspend: true }));
    await jobs.untilState(again, 'Suspended', 120_000);
    note('resumed', await resumeJob(client, jobs, again, REPLICAS));
    const bare = await copyOfWorkers(client, jobs, again);
    await deleteJob(jobs, again);
    note('bare', await launchBarePods(client, jobs, bare));
    await bare.remove();
    /* oxlint-enable eslint/no-await-in-loop */
  }
  const tell = (what: string, key: string, goal: string) =>
    row(`${what} (ms)`, milliseconds(times.get(key) ?? []), goal);
  tell(`job created, to its ${REPLICAS} pods existing`, 'exist', '60');
  tell(`job created, to ${REPLICAS} pods Running`, 'running', 'bare pods + 60');
  tell(`${REPLICAS} bare pods created, to Running`, 'bare', '');
  for (const fault of faults) {
    tell(`${fault}, to its replacement Running`, `${fault} running`, '1300');
    tell('... until the API server shows it', `${fault} shown`, '');
    tell("... the operator's own share", `${fault} operator`, '150');
  }
  tell('one bare pod created, to Running', 'one bare', '');
  tell('resumed, to all Running', 'resumed', '1700');
  tell('job deleted, to nothing left', 'deleted', '3000 after the grace period');
  const writtenBefore = operatorWrites(jobs.namespace).length;
  await jobs.create(endlessJob('writes', REPLICAS));
  await jobs.untilState('writes', 'Running', 120_000);
  const writes = launchWrites(operatorWrites(jobs.namespace).slice(writtenBefore)).length;
  row('writes from creation to Running', String(writes), '14');
}

async function manyJobs(jobs: Jobs, chosen: typeof SCALES): Promise<void> {
  for (const { count, replicas, goal } of chosen) {
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
