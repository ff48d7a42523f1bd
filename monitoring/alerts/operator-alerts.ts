import type { AlertGroup } from './alert.ts';

const controller = 'controller="terngradjob"';
const FAILED_SHARE = 0.05;

/** Of the operator itself. Running jobs train on without it; new, failed and finished ones are not looked after. */
export const operatorAlerts: AlertGroup = {
  name: 'terngrad-operator',
  alerts: [
    {
      name: 'TernGradOperatorDown',
      expr: `absent(controller_runtime_reconcile_total{${controller}})`,
      for: '5m',
      severity: 'critical',
      summary: 'Prometheus sees no TernGrad operator',
      description: 'Running jobs go on. No job is started, no worker is replaced, no status changes.',
    },
    {
      name: 'TernGradOperatorNoLeader',
      expr: 'sum by (name) (leader_election_master_status) == 0',
      for: '5m',
      severity: 'critical',
      summary: 'No pod of the TernGrad operator holds the lease {{ $labels.name }}',
      description: 'The operator runs and does nothing: no job is started, no worker is replaced.',
    },
    {
      name: 'TernGradOperatorReconcileErrors',
      expr: `sum(rate(controller_runtime_reconcile_errors_total{${controller}}[10m])) / sum(rate(controller_runtime_reconcile_total{${controller}}[10m])) > ${FAILED_SHARE}`,
      for: '15m',
      severity: 'warning',
      summary: '{{ $value | humanizePercentage }} of the looks at TernGradJobs fail',
      description:
        'Some jobs are not looked after as they should be; the operator tries again with growing waits.',
    },
    {
      name: 'TernGradOperatorWatchUnstable',
      expr: 'sum by (resource) (increase(terngrad_operator_watch_restarts_total{reason!="ended"}[15m])) > 10',
      for: '15m',
      severity: 'warning',
      summary: 'The watch of {{ $labels.resource }} breaks again and again',
      description: 'The operator learns late of changes: starts, replacements and status lag behind.',
    },
  ],
};
