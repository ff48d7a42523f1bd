import { describe, expect, test } from '@jest/globals';
import { dashboardJson } from './dashboard.ts';
import { jobDashboard } from './job.ts';
import { operatorDashboard } from './operator.ts';

const dashboards = [jobDashboard, operatorDashboard];

interface PanelJson {
  readonly type: string;
  readonly id: number;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

/** The rules that Grafana's own dashboards are held to. */
describe.each(dashboards)('$title', (dashboard) => {
  const panels = dashboard.rows.flatMap((row) => row.panels);
  const json = dashboardJson(dashboard) as { editable: boolean; uid: string; panels: readonly PanelJson[] };

  test('cannot be edited in place, and keeps its uid', () => {
    expect(json).toMatchObject({ editable: false, uid: expect.stringMatching(/^terngrad-(job|operator)$/) });
  });

  test.each(panels)('panel "$title" has a description, a unit and named series', (panel) => {
    expect(panel.description).toMatch(/^[A-Z\d].*\.$|: .*\.$|answer came\.$/);
    expect(panel.unit).not.toBe('');
    expect(panel.queries.length).toBeGreaterThan(0);
    for (const { legend } of panel.queries) expect(legend).not.toBe('');
  });

  test.each(panels)(
    'panel "$title" takes the range of a rate from Grafana, or names it in its description',
    (panel) => {
      for (const { expr } of panel.queries) {
        for (const [, range] of expr.matchAll(/\[([^\]]+)\]/g)) {
          if (range !== '$__rate_interval')
            expect(panel.queries.every((query) => query.expr.includes('increase('))).toBe(true);
        }
      }
    },
  );

  test('every variable is used', () => {
    const expressions = panels.flatMap((panel) => panel.queries.map((query) => query.expr)).join('\n');
    for (const { name } of dashboard.variables) expect(expressions).toContain(`$${name}`);
  });

  test('titles and ids are unique', () => {
    const titles = panels.map((panel) => panel.title);
    expect(new Set(titles).size).toBe(titles.length);
    const ids = json.panels.map((panel) => panel.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('no two panels lie on each other, and none beyond the grid', () => {
    const cells = json.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos } of json.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });
});
