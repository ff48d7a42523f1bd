import { expect, jest, test } from '@jest/globals';
import { cli, jobText, withFiles } from './testing/cli-fixture.ts';

// Measurements take their time, and more of it on a busy computer.
jest.setTimeout(180_000);

test.each([
  [['--link', '1gbps'], /"1gbps" is no rate such as 100mbit, 1gbit or 25gbit/],
  [['--link', '1gbit', '--rtt', '1'], /"1" is no time such as 200us/],
  [['--link', '1gbit', '--workers', '2,1000'], /1000 is more than 512/],
  [['--link', '1gbit', '--workers', '2,x'], /must be a whole number/],
  [[], /required option '--link <rate>'/],
])('refuses %j', async (args, message) => {
  await withFiles({ 'job.yaml': jobText() }, async (folder) => {
    const { exitCode, err } = await cli(['predict', '-f', `${folder}/job.yaml`, ...args]);
    expect(exitCode).toBe(64);
    expect(err).toMatch(message);
  });
});

test('says why the job could not be measured', async () => {
  await withFiles({ 'job.yaml': jobText() }, async (folder) => {
    const behaviours = { 0: { exitCode: 65 } };
    const { exitCode, err } = await cli(['predict', '-f', `${folder}/job.yaml`, '--link', '1gbit'], {
      behaviours,
    });
    expect(exitCode).toBe(64);
    expect(err).toMatch(/the job's own steps could not be measured \(BadData\)/);
  });
});

test('measures, predicts, and prints a row for each number of workers', async () => {
  await withFiles({ 'job.yaml': jobText() }, async (folder) => {
    const flags = ['--link', '1gbit', '--workers', '4,1,2', '--output', 'json'];
    const { exitCode, out, err } = await cli(['predict', '-f', `${folder}/job.yaml`, ...flags]);
    expect({ exitCode, err }).toMatchObject({ exitCode: 0 });
    const { rows, costs, backend } = JSON.parse(out) as {
      rows: { workers: number; ternary: object | null }[];
      costs: { gradient: object };
      backend: string;
    };
    expect(rows.map(({ workers }) => workers)).toEqual([1, 2, 4]);
    // Two sizes of a slice took the fake worker equally long.
    expect(costs.gradient).toEqual({ fixedMs: 25, perExampleMs: 0 });
    expect(backend).toBe('fake (1 thread)');
  });
});
