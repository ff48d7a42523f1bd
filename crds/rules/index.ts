import { compressionRules } from './compression.ts';
import { policyRules } from './policies.ts';
import { programRules } from './program.ts';
import type { AnyRule } from './rule.ts';
import { templateRules } from './template.ts';
import { trainingRules } from './training.ts';
import { workerRules } from './workers.ts';

/** Every rule between fields of the job. */
export const rules: readonly AnyRule[] = [
  ...programRules,
  ...trainingRules,
  ...compressionRules,
  ...workerRules,
  ...templateRules,
  ...policyRules,
];
