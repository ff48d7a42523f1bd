import { expect, test } from '@jest/globals';
import { isDue } from './is-due.ts';

const moment = { step: 7, totalSteps: 100, sinceMs: 1000 };

test.each([
  ['at every n-th step', { everySteps: 7, everySeconds: 0 }, moment, true],
  ['not between them', { everySteps: 5, everySeconds: 0 }, moment, false],
  ['once the time has passed', { everySteps: 0, everySeconds: 1 }, moment, true],
  ['not before', { everySteps: 0, everySeconds: 2 }, moment, false],
  ['whichever is first', { everySteps: 7, everySeconds: 600 }, moment, true],
  ['not when both are off', { everySteps: 0, everySeconds: 0 }, moment, false],
  ['at the end even then', { everySteps: 0, everySeconds: 0 }, { ...moment, step: 100 }, true],
])('%s', (_when, spec, at, due) => {
  expect(isDue(spec, at)).toBe(due);
});
