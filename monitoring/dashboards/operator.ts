import type { Dashboard } from './dashboard.ts';
import type { Panel, Query } from './panel.ts';

const QUANTILES = [0.5, 0.95, 0.99];

/** Quantiles of a histogram of the operator, over all its pods. */
function quantiles(histogram: string): readonly Query[] {
  return QUANTILES.map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (le) (rate(${histogram}_bucket[$__rate_interval])))`,
    legend: `${quantile * 100}th percentile`,
  }));
}

/** Few in number, so over the last hour: a rate over half a minute would mostly be of nothing. */
function delayPanel(title: string, description: string, histogram: string): Panel {
  return {
    title,
    description,
    unit: 's',
    min: 0,
    queries: [0.5, 0.95].map((quantile) => ({
      expr: `histogram_quantile(${quantile}, sum by (le) (increase(${histogram}_bucket[1h])))`,
      legend: `${quantile * 100}th percentile`,
    })),
  };
}

const jobs = 'max by (namespace, state) (terngrad_operator_jobs{namespace=~"$namespace"})';

/** For who runs the cluster: are all jobs looked after, and in time. */
export const operatorDashboard: Dashboard = {
  uid: 'terngrad-operator',
  title: 'TernGrad / Operator',
  description: 'The operator: jobs by state, its work on them, its calls to the API server, and its delays.',
  variables: [
    { name: 'namespace', label: 'Namespace', query: 'label_values(terngrad_operator_jobs, namespace)' },
  ],
  rows: [
    {
      title: 'Jobs',
      panels: [
        {
          title: 'Jobs by state',
          description:
            'TernGradJobs that exist now. Pending or Starting for long: they wait for nodes, quota or an image.',
          unit: 'short',
          min: 0,
          decimals: 0,
          stacked: true,
          queries: [{ expr: `sum by (state) (${jobs})`, legend: '{{state}}' }],
        },
        {
          title: 'Jobs by namespace',
          description: 'Jobs that are neither done nor failed nor suspended.',
          unit: 'short',
          min: 0,
          decimals: 0,
          stacked: true,
          queries: [
            {
              expr: `sum by (namespace) (max by (namespace, state) (terngrad_operator_jobs{namespace=~"$namespace",state!~"Succeeded|Failed|Suspended"}))`,
              legend: '{{namespace}}',
            },
          ],
        },
        {
          title: 'Workers replaced',
          description: 'By what ended them, in the last five minutes.',
          unit: 'short',
          min: 0,
          decimals: 0,
          queries: [
            {
              expr: 'sum by (reason) (increase(terngrad_operator_worker_restarts_total{namespace=~"$namespace"}[5m]))',
              legend: '{{reason}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Delays, last hour',
      panels: [
        delayPanel(
          'Job seen to pods existing',
          "The operator's own share of a start: rights, names, certificates, pods.",
          'terngrad_operator_job_pods_created_delay_seconds',
        ),
        delayPanel(
          'Job seen to all workers running',
          'With scheduling, image pulls and container starts, which the operator does not do.',
          'terngrad_operator_job_running_delay_seconds',
        ),
        delayPanel(
          'Worker ended to replacement existing',
          'How long a job lacks a worker because of the operator. A back-off after repeated failures counts too.',
          'terngrad_operator_worker_replacement_delay_seconds',
        ),
      ],
    },
    {
      title: 'Reconciliation',
      panels: [
        {
          title: 'Looks at jobs',
          description: 'Reconciliations per second, by result.',
          unit: 'ops',
          min: 0,
          queries: [
            {
              expr: 'sum by (result) (rate(controller_runtime_reconcile_total{controller="terngradjob"}[$__rate_interval]))',
              legend: '{{result}}',
            },
          ],
        },
        {
          title: 'Failed looks',
          description:
            'Share of reconciliations that ended with an error and are tried again. Above 5 % for long: an alert.',
          unit: 'percentunit',
          min: 0,
          max: 1,
          queries: [
            {
              expr: 'sum(rate(controller_runtime_reconcile_errors_total{controller="terngradjob"}[$__rate_interval])) / sum(rate(controller_runtime_reconcile_total{controller="terngradjob"}[$__rate_interval]))',
              legend: 'errors',
            },
          ],
        },
        {
          title: 'Duration of a look',
          description: 'Time of one reconciliation, calls to the API server included.',
          unit: 's',
          min: 0,
          queries: quantiles('controller_runtime_reconcile_time_seconds'),
        },
        {
          title: 'Queue',
          description: 'Jobs that wait for a look. It should come back to zero.',
          unit: 'short',
          min: 0,
          decimals: 0,
          queries: [{ expr: 'sum by (name) (workqueue_depth)', legend: '{{name}}' }],
        },
        {
          title: 'Wait in the queue',
          description: 'From a change to the look at it. High: more concurrency, or a slow API server.',
          unit: 's',
          min: 0,
          queries: quantiles('workqueue_queue_duration_seconds'),
        },
        {
          title: 'Added and retried',
          description: 'Keys per second. Retried: put off, after a failure or to look again later.',
          unit: 'ops',
          min: 0,
          queries: [
            { expr: 'sum(rate(workqueue_adds_total[$__rate_interval]))', legend: 'added' },
            { expr: 'sum(rate(workqueue_retries_total[$__rate_interval]))', legend: 'retried' },
          ],
        },
      ],
    },
    {
      title: 'API server',
      panels: [
        {
          title: 'Calls by method',
          description: 'Calls to the API server per second. A settled cluster needs almost none.',
          unit: 'reqps',
          min: 0,
          queries: [
            {
              expr: 'sum by (method) (rate(rest_client_requests_total[$__rate_interval]))',
              legend: '{{method}}',
            },
          ],
        },
        {
          title: 'Calls by answer',
          description: '409: someone else wrote; 429: the server is loaded; <error>: no answer came.',
          unit: 'reqps',
          min: 0,
          queries: [
            {
              expr: 'sum by (code) (rate(rest_client_requests_total[$__rate_interval]))',
              legend: '{{code}}',
            },
          ],
        },
        {
          title: 'Watches begun anew',
          description:
            'In the last 15 minutes, by cause. The API server ends each watch now and then: that is `ended`.',
          unit: 'short',
          min: 0,
          decimals: 0,
          queries: [
            {
              expr: 'sum by (resource, reason) (increase(terngrad_operator_watch_restarts_total[15m]))',
              legend: '{{resource}} {{reason}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Process',
      panels: [
        {
          title: 'Leader',
          description: 'Pods that hold the lease. Exactly one should.',
          unit: 'short',
          kind: 'stat',
          decimals: 0,
          queries: [{ expr: 'sum by (name) (leader_election_master_status)', legend: '{{name}}' }],
        },
        {
          title: 'Memory',
          description: 'Resident memory of each operator pod.',
          unit: 'bytes',
          min: 0,
          queries: [
            {
              expr: 'process_resident_memory_bytes and on (instance) terngrad_build_info',
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Event loop delay',
          description:
            'How late the process gets to its work, 99th percentile. Above 0.1 s it is short of processor time.',
          unit: 's',
          min: 0,
          queries: [
            {
              expr: 'nodejs_eventloop_lag_p99_seconds and on (instance) terngrad_build_info',
              legend: '{{instance}}',
            },
          ],
        },
      ],
    },
  ],
};
