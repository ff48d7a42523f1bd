import type { Dashboard } from './dashboard.ts';

const one = 'namespace=~"$namespace",terngradjob=~"$job"';
const byJob = 'namespace, terngradjob';
const jobLegend = '{{namespace}}/{{terngradjob}}';
const rankLegend = `${jobLegend} rank {{rank}}`;

/** Mean seconds of a phase, by the given labels. */
function meanPhaseSeconds(by: string, phases = ''): string {
  const rate = (part: string) =>
    `sum by (${by}) (rate(terngrad_step_duration_seconds_${part}{${one}${phases}}[$__rate_interval]))`;
  return `${rate('sum')} / ${rate('count')}`;
}

/** What a rank does by itself; the other phases wait for peers. */
const ownWork = meanPhaseSeconds(`${byJob}, rank`, ',phase="compute"');

function gradientBytes(kind: 'raw' | 'wire', by: string): string {
  return `sum by (${by}) (terngrad_gradient_bytes_total{${one},kind="${kind}"})`;
}

/** For who trains: does it learn, how fast, and what does the compression save. */
export const jobDashboard: Dashboard = {
  uid: 'terngrad-job',
  title: 'TernGrad / Job',
  description:
    'Training jobs: what they learn, how fast, what crosses the network, and which worker is slow.',
  variables: [
    { name: 'namespace', label: 'Namespace', query: 'label_values(terngrad_steps_total, namespace)' },
    {
      name: 'job',
      label: 'Job',
      query: 'label_values(terngrad_steps_total{namespace=~"$namespace"}, terngradjob)',
    },
  ],
  rows: [
    {
      title: 'Learning',
      panels: [
        {
          title: 'Training loss',
          description: 'Loss of the last confirmed step, over the examples of all workers. It should fall.',
          unit: 'short',
          queries: [{ expr: `avg by (${byJob}) (terngrad_loss{${one}})`, legend: jobLegend }],
        },
        {
          title: 'Test accuracy',
          description: 'Share of the test examples that were classified rightly, at the last evaluation.',
          unit: 'percentunit',
          min: 0,
          max: 1,
          queries: [{ expr: `max by (${byJob}) (terngrad_test_accuracy_ratio{${one}})`, legend: jobLegend }],
        },
        {
          title: 'Test loss',
          description:
            'Loss on the test examples. When it rises while the training loss falls, the model overfits.',
          unit: 'short',
          queries: [{ expr: `max by (${byJob}) (terngrad_test_loss{${one}})`, legend: jobLegend }],
        },
      ],
    },
    {
      title: 'Speed',
      panels: [
        {
          title: 'Throughput',
          description: 'Training examples per second, of all workers together.',
          unit: 'suffix: samples/s',
          min: 0,
          queries: [
            {
              expr: `sum by (${byJob}) (rate(terngrad_samples_total{${one}}[$__rate_interval]))`,
              legend: jobLegend,
            },
          ],
        },
        {
          title: 'Steps per second',
          description: 'Confirmed steps. All workers take the same steps, so this is one figure per job.',
          unit: 'suffix: steps/s',
          min: 0,
          queries: [
            {
              expr: `max by (${byJob}) (rate(terngrad_steps_total{${one}}[$__rate_interval]))`,
              legend: jobLegend,
            },
          ],
        },
        {
          title: 'Since the last step',
          description: 'Grows while a job stands still: it waits for a worker, or a worker hangs.',
          unit: 's',
          min: 0,
          queries: [
            {
              expr: `time() - max by (${byJob}) (terngrad_last_step_timestamp_seconds{${one}})`,
              legend: jobLegend,
            },
          ],
        },
        {
          title: 'Step by phase',
          description:
            'Mean time of each phase of a step. Much push and pull: the network is the limit. Much barrier: a worker is slow.',
          unit: 's',
          min: 0,
          stacked: true,
          width: 12,
          queries: [{ expr: meanPhaseSeconds('phase'), legend: '{{phase}}' }],
        },
        {
          title: 'Phases, 95th percentile',
          description:
            'The slow steps: 19 of 20 take less. Far above the mean: something stalls now and then.',
          unit: 's',
          min: 0,
          width: 12,
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (phase, le) (rate(terngrad_step_duration_seconds_bucket{${one}}[$__rate_interval])))`,
              legend: '{{phase}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Network',
      panels: [
        {
          title: 'Gradient traffic',
          description:
            'What all workers send: raw is the float32 size of the values, wire the bytes that were sent instead.',
          unit: 'Bps',
          min: 0,
          width: 12,
          queries: [
            {
              expr: `sum by (kind) (rate(terngrad_gradient_bytes_total{${one}}[$__rate_interval]))`,
              legend: '{{kind}}',
            },
          ],
        },
        {
          title: 'All traffic of the exchange',
          description: 'Bytes of the sockets, with TLS, HTTP/2 and the barrier: what a network monitor sees.',
          unit: 'Bps',
          min: 0,
          width: 12,
          queries: [
            {
              expr: `sum by (direction) (rate(terngrad_transport_bytes_total{${one}}[$__rate_interval]))`,
              legend: '{{direction}}',
            },
          ],
        },
        {
          title: 'Bytes saved',
          description: 'Raw less wire, since the workers started.',
          unit: 'bytes',
          kind: 'stat',
          queries: [
            { expr: `${gradientBytes('raw', byJob)} - ${gradientBytes('wire', byJob)}`, legend: jobLegend },
          ],
        },
        {
          title: 'Share saved',
          description: 'Part of the raw bytes that was not sent.',
          unit: 'percentunit',
          kind: 'stat',
          decimals: 1,
          queries: [
            {
              expr: `1 - ${gradientBytes('wire', byJob)} / ${gradientBytes('raw', byJob)}`,
              legend: jobLegend,
            },
          ],
        },
        {
          title: 'Compression',
          description:
            'Raw bytes for each byte sent. push: to the summing worker; pull: the sum back, which has more levels.',
          unit: 'suffix: x',
          kind: 'stat',
          decimals: 1,
          queries: [
            {
              expr: `${gradientBytes('raw', 'direction')} / ${gradientBytes('wire', 'direction')}`,
              legend: '{{direction}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Workers',
      panels: [
        {
          title: 'Compute time by rank',
          description: 'Forward and backward pass of a step. The slowest rank sets the pace of the job.',
          unit: 's',
          min: 0,
          queries: [{ expr: ownWork, legend: rankLegend }],
        },
        {
          title: 'Straggling by rank',
          description:
            "A rank's compute time over the job's median. Above 1.5 for long: a slow node, a shared core, a hot card.",
          unit: 'suffix: x',
          min: 0,
          queries: [
            {
              expr: `(${ownWork}) / on (${byJob}) group_left () quantile by (${byJob}) (0.5, ${ownWork})`,
              legend: rankLegend,
            },
          ],
        },
        {
          title: 'Waiting at the barrier by rank',
          description:
            'Share of the step in which a rank waits for the others. The rank that waits least is the slow one.',
          unit: 'percentunit',
          min: 0,
          max: 1,
          queries: [
            {
              expr: `sum by (${byJob}, rank) (rate(terngrad_step_duration_seconds_sum{${one},phase="barrier"}[$__rate_interval])) / sum by (${byJob}, rank) (rate(terngrad_step_duration_seconds_sum{${one}}[$__rate_interval]))`,
              legend: rankLegend,
            },
          ],
        },
        {
          title: 'Memory by rank',
          description: 'Resident memory of the worker process. A steady rise ends at the limit of the pod.',
          unit: 'bytes',
          min: 0,
          queries: [{ expr: `process_resident_memory_bytes{${one}}`, legend: rankLegend }],
        },
        {
          title: 'Cores used by rank',
          description: 'Processor time per second, all threads.',
          unit: 'suffix: cores',
          min: 0,
          queries: [
            { expr: `rate(process_cpu_seconds_total{${one}}[$__rate_interval])`, legend: rankLegend },
          ],
        },
        {
          title: 'NaN or infinite',
          description:
            'Losses or gradients that were no number, in the last five minutes. Any is a reason to look.',
          unit: 'short',
          min: 0,
          decimals: 0,
          queries: [
            { expr: `sum by (${byJob}) (increase(terngrad_nonfinite_total{${one}}[5m]))`, legend: jobLegend },
          ],
        },
      ],
    },
  ],
};
