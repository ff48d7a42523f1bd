import { stringify } from 'yaml';

export interface Alert {
  /** Also the name of its page in docs/runbooks/. */
  readonly name: string;
  readonly expr: string;
  /** Prometheus duration that it must hold: long enough for what passes by itself. Absent: at once. */
  readonly for?: string;
  /** critical: someone gets up; warning: this day; info: worth knowing. */
  readonly severity: 'critical' | 'warning' | 'info';
  /** One line; `{{ $labels.x }}` is filled in by Prometheus. */
  readonly summary: string;
  /** What it means for users. What to do is on the page. */
  readonly description: string;
}

export interface AlertGroup {
  readonly name: string;
  readonly alerts: readonly Alert[];
}

/** Stands in the rules file for where the pages are kept; the chart puts the real place there. */
const RUNBOOKS_PLACEHOLDER = 'RUNBOOKS_URL';

/** A rules file, as Prometheus and the spec of a PrometheusRule take it. */
export function rulesYaml(groups: readonly AlertGroup[]): string {
  return stringify(
    { groups: groups.map(({ name, alerts }) => ({ name, rules: alerts.map(ruleOf) })) },
    { lineWidth: 0 },
  );
}

function ruleOf(alert: Alert): object {
  const { name, expr, severity, summary, description } = alert;
  return {
    alert: name,
    expr,
    ...(alert.for !== undefined && { for: alert.for }),
    labels: { severity },
    annotations: { summary, description, runbook_url: `${RUNBOOKS_PLACEHOLDER}/${name}.md` },
  };
}
