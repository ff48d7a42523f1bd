import { panelJson } from './panel.ts';
import type { Panel, Row } from './panel.ts';

/** Chosen above the panels; queries read it as `$name`. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  /** `label_values(series, label)`. */
  readonly query: string;
}

export interface Dashboard {
  /** Part of links: never changes. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

/** Classic dashboards of this version are taken by Grafana 10 to 13. */
const SCHEMA_VERSION = 39;
const GRID_WIDTH = 24;
const DEFAULT_PANEL_WIDTH = 8;
const PANEL_HEIGHT = 8;

/** A dashboard in Grafana's classic JSON. */
export function dashboardJson({ uid, title, description, variables, rows }: Dashboard): object {
  return {
    uid,
    title,
    description,
    tags: ['terngrad'],
    schemaVersion: SCHEMA_VERSION,
    editable: false,
    graphTooltip: 1,
    refresh: '10s',
    time: { from: 'now-30m', to: 'now' },
    timezone: 'browser',
    templating: { list: [datasourceVariable, ...variables.map(variableJson)] },
    panels: layOut(rows),
  };
}

const datasourceVariable = {
  name: 'datasource',
  label: 'Data source',
  type: 'datasource',
  query: 'prometheus',
  hide: 0,
  includeAll: false,
  multi: false,
};

function variableJson({ name, label, query }: Variable): object {
  return {
    name,
    label,
    type: 'query',
    datasource: { type: 'prometheus', uid: '${datasource}' },
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    sort: 1,
    hide: 0,
    includeAll: true,
    allValue: '.+',
    multi: true,
    current: { text: 'All', value: '$__all' },
  };
}

/** Rows under each other, panels from left to right. */
function layOut(rows: readonly Row[]): readonly object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push(rowJson(title, placed.length + 1, y));
    y += 1;
    let x = 0;
    for (const panel of panels) {
      const w = widthOf(panel);
      if (x + w > GRID_WIDTH) {
        x = 0;
        y += PANEL_HEIGHT;
      }
      placed.push(panelJson(panel, placed.length + 1, { x, y, w, h: PANEL_HEIGHT }));
      x += w;
    }
    y += PANEL_HEIGHT;
  }
  return placed;
}

function widthOf({ width = DEFAULT_PANEL_WIDTH }: Panel): number {
  return width;
}

function rowJson(title: string, id: number, y: number): object {
  return { id, type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: GRID_WIDTH, h: 1 }, panels: [] };
}
