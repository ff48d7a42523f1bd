import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const files = new URL('../../charts/terngrad-operator/files/', import.meta.url);

export interface PanelQueries {
  readonly title: string;
  readonly unit: string;
  /** With the variables filled in. */
  readonly expressions: readonly string[];
}

interface PanelJson {
  readonly type: string;
  readonly title: string;
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } };
  readonly targets?: readonly { readonly expr: string }[];
}

/** The panels of a dashboard as the chart installs it; what Grafana fills in is filled in. */
export function panelsOf(dashboard: 'job' | 'operator', rateInterval: string): readonly PanelQueries[] {
  const json = JSON.parse(readFileSync(new URL(`dashboard-${dashboard}.json`, files), 'utf8')) as {
    panels: readonly PanelJson[];
  };
  return json.panels
    .filter(({ type }) => type !== 'row')
    .map(({ title, fieldConfig, targets = [] }) => ({
      title,
      unit: fieldConfig?.defaults.unit ?? '',
      expressions: targets.map(({ expr }) =>
        expr.replaceAll('$__rate_interval', rateInterval).replaceAll(/"\$(?:namespace|job)"/g, '".+"'),
      ),
    }));
}

export const alertsFile = fileURLToPath(new URL('alerts.yaml', files));

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The alerts as the chart installs them. */
export function alertRules(): readonly AlertRule[] {
  const { groups } = parse(readFileSync(alertsFile, 'utf8')) as { groups: { rules: AlertRule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}
