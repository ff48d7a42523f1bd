import { describe, expect, test } from '@jest/globals';
import { parseTerminationMessage, readTerminationMessage } from './termination-file.ts';

const message = {
  rank: 0,
  attempt: 1,
  exitCode: 66,
  reason: 'X',
  message: 'x',
  steps: 3,
  epochs: 0.1,
  loss: 2.5,
};

describe('the termination message of a local worker', () => {
  test('is read as it is', () => {
    expect(parseTerminationMessage(message)).toEqual(message);
  });

  test('a figure that cannot be read takes nothing else with it', () => {
    expect(parseTerminationMessage({ ...message, testLoss: null, stepMs: { total: null } })).toEqual(message);
  });

  test.each([
    ['no object', 'text'],
    ['null', null],
    ['no reason', { ...message, reason: undefined }],
    ['a rank that is no number', { ...message, rank: 'first' }],
  ])('%s is no message', (_, value) => {
    expect(parseTerminationMessage(value)).toBeUndefined();
  });

  test('a file that is not there is no message', async () => {
    await expect(readTerminationMessage('/nowhere/end-1.json')).resolves.toBeUndefined();
  });
});
