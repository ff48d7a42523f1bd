import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { alertRules, alertsFile } from './chart-files.ts';
import { prometheusPrograms, promtool } from './programs.ts';

const unitTests = fileURLToPath(new URL('alerts.promtool.yaml', import.meta.url));
const programs = prometheusPrograms();
const describeWithPromtool = programs === undefined ? describe.skip : describe;

describeWithPromtool('promtool', () => {
  test.each([
    ['the rules are sound', ['check', 'rules', '--lint=all', '--lint-fatal', alertsFile]],
    ['each alert fires when it should, and not before', ['test', 'rules', unitTests]],
  ])('%s', (_name, parameters) => {
    if (programs === undefined) return;
    const { exitCode, output } = promtool(programs, parameters);
    expect({ exitCode, output }).toMatchObject({ exitCode: 0, output: expect.stringContaining('SUCCESS') });
  });
});

const tested = (
  parse(readFileSync(unitTests, 'utf8')) as {
    tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
  }
).tests.flatMap((one) => one.alert_rule_test);

describe.each(alertRules())('$alert', ({ alert, annotations }) => {
  test('has unit tests for firing and for keeping quiet', () => {
    const own = tested.filter(({ alertname }) => alertname === alert);
    expect(own.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true);
    expect(own.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true);
  });

  test('links to a page that says what to do', () => {
    expect(annotations['runbook_url']).toBe(`RUNBOOKS_URL/${alert}.md`);
    const page = new URL(`../../docs/runbooks/${alert}.md`, import.meta.url);
    expect(existsSync(page)).toBe(true);
    const text = readFileSync(page, 'utf8');
    for (const heading of ['Meaning', 'Impact', 'Diagnosis', 'What to do'])
      expect(text).toContain(`## ${heading}\n`);
  });
});
