import type { AnyRule } from './rule.ts';

/** How long and how fast. */
export const trainingRules: readonly AnyRule[] = [
  {
    at: 'spec.training',
    field: '',
    reads: ['steps', 'epochs'],
    message: "must have exactly one of 'steps' and 'epochs'",
    holds: (self) => (self.steps === undefined) !== (self.epochs === undefined),
    cel: 'has(self.steps) != has(self.epochs)',
  },
  {
    at: 'spec.training',
    field: 'learningRate.warmupSteps',
    reads: ['steps', 'learningRate.warmupSteps'],
    message: "must be smaller than 'training.steps', or the learning rate never reaches 'initial'",
    holds: (self) => self.steps === undefined || self.learningRate.warmupSteps < self.steps,
    cel: '!has(self.steps) || self.learningRate.warmupSteps < self.steps',
  },
  {
    at: 'spec.training.learningRate',
    field: 'boundaries',
    reads: ['schedule', 'boundaries'],
    message: "must be given for 'schedule: step', and only for it",
    holds: (self) => (self.schedule === 'step') === self.boundaries.length > 0,
    cel: "(self.schedule == 'step') == (self.boundaries.size() > 0)",
  },
  {
    at: 'spec.training.learningRate',
    field: 'boundaries',
    reads: ['boundaries'],
    message: 'must be in ascending order',
    holds: (self) =>
      self.boundaries.every((step, index) => index === 0 || step >= (self.boundaries[index - 1] ?? 0)),
    cel: 'self.boundaries.isSorted()',
  },
];
