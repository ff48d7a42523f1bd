import type { CheckpointSpec } from '../checkpoint.ts';
import type { CompressionSpec } from '../compression.ts';
import type { JobSpec } from '../job.ts';
import type { PodTemplate } from '../pod-template.ts';
import type { BackoffPolicy, FailureRule, SuccessPolicy } from '../policies.ts';
import type { ProgramSpec } from '../program.ts';
import type { LearningRateSpec, TrainingSpec } from '../training.ts';
import type { WorkersSpec } from '../workers.ts';

type Item<List> = NonNullable<List> extends readonly (infer Element)[] ? Element : never;

/** Where a rule can hang, with the type of what stands there. `[]` is every item of a list. */
interface Places {
  spec: JobSpec;
  'spec.workers': WorkersSpec;
  'spec.workers.elastic': NonNullable<WorkersSpec['elastic']>;
  'spec.workers.template': PodTemplate;
  'spec.workers.template.env[]': Item<PodTemplate['env']>;
  'spec.workers.template.volumes[]': Item<PodTemplate['volumes']>;
  'spec.workers.template.resourceClaims[]': Item<PodTemplate['resourceClaims']>;
  'spec.program': ProgramSpec;
  'spec.training': TrainingSpec;
  'spec.training.learningRate': LearningRateSpec;
  'spec.compression': CompressionSpec;
  'spec.checkpoint': CheckpointSpec;
  'spec.successPolicy': SuccessPolicy;
  'spec.failurePolicy.rules[]': FailureRule;
  'spec.failurePolicy.backoff': BackoffPolicy;
}

type Place = keyof Places;

/**
 * A rule between fields. One row gives both checks: ours, with line and column, when a file is read,
 * and the API server's, when the object is applied.
 */
interface Rule<At extends Place> {
  readonly at: At;
  /** The field to blame, below `at`; empty blames the block itself. */
  readonly field: string;
  /** The fields it looks at, below `at`. Where one of them is wrong by itself, the rule says nothing. */
  readonly reads: readonly string[];
  /** What would be right, naming the fields. */
  readonly message: string;
  readonly holds: (self: Places[At]) => boolean;
  /**
   * The same in CEL, over the block at `at`. Defaults are filled in before the server evaluates it, so only
   * fields without one need `has()`. Absent where CEL cannot say it, or not at a bounded cost.
   */
  readonly cel?: string;
}

/** A rule of any place; `at` decides the type of `self`. */
export type AnyRule = { [At in Place]: Rule<At> }[Place];
