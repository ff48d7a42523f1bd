import { expect, test } from '@jest/globals';
import { checkpointName, checkpointsAmong } from './file-name.ts';

test('names sort as steps do', () => {
  expect(checkpointName(1234)).toBe('step-0000001234.safetensors');
  expect([9, 10, 100_000].map(checkpointName).sort()).toEqual([9, 10, 100_000].map(checkpointName));
});

test('checkpoints are found among other files, newest first, also beyond ten digits', () => {
  const names = [
    checkpointName(20),
    'job-uid',
    checkpointName(3),
    checkpointName(10_000_000_001),
    'step-7.safetensors',
  ];
  names.push(`${checkpointName(30)}.0a1b2c3d.partial`, `x${checkpointName(4)}`);
  expect(checkpointsAmong(names).map(({ step }) => step)).toEqual([10_000_000_001, 20, 3]);
});
