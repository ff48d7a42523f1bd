import { describe, expect, test } from '@jest/globals';
import { checkJob } from '../resolve.ts';
import { formatPath, nodeAt } from '../schema-tree.ts';
import { exampleJob } from '../testing/example-job.ts';
import { ruleCases } from '../testing/rule-cases.ts';
import { rules } from './index.ts';

function findingsFor(job: unknown): { path: string; message: string }[] {
  const checked = checkJob(job);
  return checked.valid
    ? []
    : checked.findings.map(({ path, message }) => ({ path: formatPath(path), message }));
}

const rejected = ruleCases.filter(({ blamed }) => blamed !== undefined);
const accepted = ruleCases.filter(({ blamed }) => blamed === undefined);

describe('Rules between fields', () => {
  test.each(rejected)('refuse $what and blame $blamed alone', ({ spec, blamed }) => {
    expect(findingsFor(exampleJob(spec)).map(({ path }) => path)).toEqual([blamed]);
  });

  test.each(accepted)('allow $what', ({ spec }) => {
    expect(findingsFor(exampleJob(spec))).toEqual([]);
  });

  test.each(rules)('each have a case that breaks them: $at $field $message', ({ message }) => {
    const messages = rejected.flatMap(({ spec }) =>
      findingsFor(exampleJob(spec)).map((finding) => finding.message),
    );
    expect(messages).toContain(message);
  });

  test.each(rules)('name the fields that their CEL reads: $cel', ({ cel = '', reads }) => {
    const mentioned = [...cel.matchAll(/self((?:\.\w+)+)(\()?/g)].map(([, path = '', call]) => {
      const segments = path.split('.').slice(1);
      return (call === undefined ? segments : segments.slice(0, -1)).join('.');
    });
    const isCovered = (path: string) => reads.some((read) => path === read || path.startsWith(`${read}.`));
    expect(
      mentioned.filter((path) => !isCovered(path) && !reads.some((read) => read.startsWith(`${path}.`))),
    ).toEqual([]);
    expect(
      reads.filter((read) => !mentioned.some((path) => path === read || path.startsWith(`${read}.`))),
    ).toEqual([]);
  });

  test.each(rules)('point at fields that exist: $at $field', ({ at, field, reads }) => {
    const place = at
      .split('.')
      .flatMap((segment) => (segment.endsWith('[]') ? [segment.slice(0, -2), 0] : [segment]));
    for (const name of [field, ...reads]) {
      const path = name === '' ? place : [...place, ...name.split('.')];
      expect(nodeAt(path)).toBeDefined();
    }
  });
});

describe('A rule', () => {
  test('says nothing about a field that is wrong by itself', () => {
    const findings = findingsFor(
      exampleJob({ program: { name: 'resnet' }, training: { batchSize: 'many' } }),
    );
    expect(findings.map(({ path }) => path)).toEqual(['spec.program.name', 'spec.training.batchSize']);
  });
});
