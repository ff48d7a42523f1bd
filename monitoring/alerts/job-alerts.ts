import type { AlertGroup } from './alert.ts';

const JOB = 'namespace, terngradjob';
const STRAGGLER_RATIO = 1.5;
const RESTARTS_PER_HALF_HOUR = 5;
const SILENT_SECONDS = 300;

/** Jobs in a state, by namespace; both operator pods may tell it. */
function jobs(states: string): string {
  return `max by (namespace, state) (terngrad_operator_jobs{state=~"${states}"})`;
}

function meanSeconds(by: string, phases: string, range: string): string {
  const rate = (part: string) =>
    `sum by (${by}) (rate(terngrad_step_duration_seconds_${part}{${phases}}[${range}]))`;
  return `${rate('sum')} / ${rate('count')}`;
}

const compute = meanSeconds(`${JOB}, rank`, 'phase="compute"', '10m');
const failed = 'sum by (namespace) (max by (namespace, state) (terngrad_operator_jobs{state="Failed"}))';
const failedBefore =
  'sum by (namespace) (max by (namespace, state) (terngrad_operator_jobs{state="Failed"} offset 10m))';

/** Of the jobs, for those who run them. */
export const jobAlerts: AlertGroup = {
  name: 'terngrad-jobs',
  alerts: [
    {
      name: 'TernGradJobStuckPending',
      expr: `sum by (namespace) (${jobs('Pending|Starting')}) > 0`,
      for: '30m',
      severity: 'warning',
      summary: 'A TernGradJob in {{ $labels.namespace }} has been waiting for its workers for 30 minutes',
      description: 'It has pods that do not start, or none: no nodes, no quota, no image, a missing Secret.',
    },
    {
      name: 'TernGradJobNoProgress',
      expr: `time() - max by (${JOB}) (terngrad_last_step_timestamp_seconds) > ${SILENT_SECONDS}`,
      for: '5m',
      severity: 'warning',
      summary:
        'TernGradJob {{ $labels.namespace }}/{{ $labels.terngradjob }} has made no step for {{ $value | humanizeDuration }}',
      description: 'Its workers run and train nothing: one hangs, or a lost one has not come back.',
    },
    {
      name: 'TernGradJobFailed',
      expr: `${failed} > (${failedBefore} or ${failed} * 0)`,
      severity: 'info',
      summary: 'A TernGradJob in {{ $labels.namespace }} has failed',
      description: 'It is not tried again; its status says why.',
    },
    {
      name: 'TernGradStragglerPersistent',
      expr: `(${compute}) / on (${JOB}) group_left () quantile by (${JOB}) (0.5, ${compute}) > ${STRAGGLER_RATIO}`,
      for: '15m',
      severity: 'warning',
      summary:
        'Rank {{ $labels.rank }} of {{ $labels.namespace }}/{{ $labels.terngradjob }} computes {{ $value | humanize }} times as long as the others',
      description: 'All workers wait for it in every step, so the whole job is that much slower.',
    },
    {
      name: 'TernGradNonFiniteGradients',
      expr: `sum by (${JOB}) (increase(terngrad_nonfinite_total[10m])) > 0`,
      severity: 'warning',
      summary:
        'TernGradJob {{ $labels.namespace }}/{{ $labels.terngradjob }} computed NaN or infinite values',
      description: 'Such values never reach the weights: the job stops there and fails.',
    },
    {
      name: 'TernGradWorkersRestarting',
      expr: `sum by (namespace) (increase(terngrad_operator_worker_restarts_total[30m])) > ${RESTARTS_PER_HALF_HOUR}`,
      severity: 'warning',
      summary: '{{ $value | humanize }} workers were replaced in {{ $labels.namespace }} within 30 minutes',
      description: 'Each replacement pauses a job. When its limit of failures is reached, the job fails.',
    },
  ],
};
