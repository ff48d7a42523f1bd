import type { AnyRule } from './rule.ts';

/** When a job ends, fails, restarts, and what it saves. */
export const policyRules: readonly AnyRule[] = [
  {
    at: 'spec.successPolicy',
    field: 'count',
    reads: ['when', 'count'],
    message: "must be given for 'when: minimum', and only for it",
    holds: (self) => (self.when === 'minimum') === (self.count !== undefined),
    cel: "(self.when == 'minimum') == has(self.count)",
  },
  {
    at: 'spec',
    field: 'successPolicy.count',
    reads: ['successPolicy.count', 'workers.replicas'],
    message: "must be at most 'workers.replicas'",
    holds: (self) => (self.successPolicy.count ?? 0) <= self.workers.replicas,
    cel: '!has(self.successPolicy.count) || self.successPolicy.count <= self.workers.replicas',
  },
  {
    at: 'spec.failurePolicy.rules[]',
    field: '',
    reads: ['exitCodes', 'podCondition'],
    message: "must have exactly one of 'exitCodes' and 'podCondition'",
    holds: (self) => (self.exitCodes === undefined) !== (self.podCondition === undefined),
    cel: 'has(self.exitCodes) != has(self.podCondition)',
  },
  {
    at: 'spec.failurePolicy.backoff',
    field: 'maxSeconds',
    reads: ['initialSeconds', 'maxSeconds'],
    message: "must not be below 'initialSeconds'",
    holds: (self) => self.initialSeconds <= self.maxSeconds,
    cel: 'self.initialSeconds <= self.maxSeconds',
  },
  {
    at: 'spec.checkpoint',
    field: '',
    reads: ['everySteps', 'everySeconds'],
    message: "must have 'everySteps' or 'everySeconds' above 0, or nothing is ever saved",
    holds: (self) => self.everySteps > 0 || self.everySeconds > 0,
    cel: 'self.everySteps > 0 || self.everySeconds > 0',
  },
];
