/** One series or family of series of a panel. */
export interface Query {
  readonly expr: string;
  /** Name in the legend; `{{label}}` is filled in by Grafana. */
  readonly legend: string;
}

export type PanelKind = 'timeseries' | 'stat';

/** What a panel shows. Everything else about it is the same for all and lies in `panelJson`. */
export interface Panel {
  readonly title: string;
  /** What it says and what to do with it, for who sees it for the first time. */
  readonly description: string;
  /** Grafana's name of the unit, such as `s`, `Bps`, `percentunit`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Default `timeseries`. */
  readonly kind?: PanelKind;
  /** Areas on top of each other, for parts of a whole. Default false. */
  readonly stacked?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** Decimals shown. Default: as Grafana decides. */
  readonly decimals?: number;
  /** Of 24. Default 8. */
  readonly width?: number;
}

/** Panels under one heading. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface GridPosition {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

const datasource = { type: 'prometheus', uid: '${datasource}' } as const;

/** A panel in Grafana's classic JSON. */
export function panelJson(panel: Panel, id: number, gridPos: GridPosition): object {
  const { title, description, kind = 'timeseries' } = panel;
  return {
    id,
    type: kind,
    title,
    description,
    datasource,
    gridPos,
    fieldConfig: { defaults: defaultsOf(panel), overrides: [] },
    options: kind === 'stat' ? statOptions : timeseriesOptions,
    targets: panel.queries.map(({ expr, legend }, index) => ({
      refId: String.fromCodePoint('A'.codePointAt(0)! + index),
      datasource,
      editorMode: 'code',
      expr,
      legendFormat: legend,
      range: true,
    })),
  };
}

function defaultsOf({ unit, min, max, decimals, stacked = false, kind }: Panel): object {
  return {
    unit,
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(decimals !== undefined && { decimals }),
    color: { mode: kind === 'stat' ? 'thresholds' : 'palette-classic' },
    ...(kind !== 'stat' && {
      custom: {
        drawStyle: 'line',
        lineWidth: 1,
        fillOpacity: stacked ? 40 : 8,
        showPoints: 'never',
        spanNulls: false,
        stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
      },
    }),
  };
}

const timeseriesOptions = {
  legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
  tooltip: { mode: 'multi', sort: 'desc' },
};

const statOptions = {
  colorMode: 'value',
  graphMode: 'area',
  reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  textMode: 'auto',
};
