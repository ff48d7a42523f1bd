import type { JobSpec } from '../../crds/index.ts';
import type { Failure } from '../failure.ts';
import type { TensorSpec } from '../ternary/layout.ts';
import type { StepCodec } from './coding.ts';

/**
 * What the compute thread and the I/O thread say to each other. Only words and small numbers travel in messages, and
 * before an evaluation the non-trainable weights; gradients, scalers and encoded chunks lie in the memory that both
 * threads share (see `memory.ts`).
 *
 *     compute                         I/O
 *                   <-  open                       the job is known
 *     ready         ->
 *                   <-  start                      a generation is formed
 *     contribution  ->                             statistics done, local scalers in memory
 *                   <-  agreed                     shared scalers in memory
 *     encoded (some chunks) ->
 *                   <-  (no message)               sums as they come, through `arrivals.ts`
 *     ... next contribution; the one after the last step carries no gradient, and is followed by:
 *     finished      ->
 *
 * At any time the I/O thread may say that the generation is over; the compute thread hears it at its next wait:
 *
 *                   <-  rewind
 *     rewound       ->                             nothing of the old generation follows
 *                   <-  start                      the next generation is formed
 *
 * A worker that joins others who train already follows their steps first, without a gradient of its own:
 *
 *                   <-  observe                    a peer's state in memory
 *     applied       ->                             it is whole
 *                   <-  observed                   shared scalers and every chunk's sum in memory
 *     applied       ->
 *     ... until `rewind`
 */
export type FromCompute = Ready | Contribution | Encoded | Finished | Damaged | Rewound | Failed | Applied;
export type ToCompute = Open | Start | Agreed | Rewind | Observe | Observed;

/** The thread is started before the job is read, so that it can load what it needs meanwhile. */
export interface Open {
  readonly type: 'open';
  readonly spec: JobSpec;
  readonly rank: number;
  /** Against which paths in the job are resolved. */
  readonly baseDirectory: string;
}

/** The model is built and its initial weights lie in the shared memory. */
export interface Ready {
  readonly type: 'ready';
  readonly memory: WebAssembly.Memory;
  readonly tensors: readonly TensorSpec[];
  readonly backend: string;
  /** Why a faster backend was not taken, and the like: for the log. */
  readonly notes: readonly string[];
  /** The model's non-trainable weights, which lie packed in the shared memory. */
  readonly nonTrainable: readonly TensorSpec[];
  /** What `model.toJSON` gives, where the output is to hold it. */
  readonly topology?: object;
  readonly examples: number;
  readonly totalSteps: number;
  /** Equal on all members, or they do not train together. */
  readonly signature: string;
  readonly stateHash: string;
}

export interface Start {
  readonly type: 'start';
  readonly memberCount: number;
  readonly selfIndex: number;
  /** The next step to be done. */
  readonly step: number;
  /** Hash that the state in memory must have. */
  readonly stateHash: string;
  /** The state in memory was written by the I/O thread, not by this one. */
  readonly restored: boolean;
}

/** The state in memory is that of a generation of so many members, as it was before the step. */
export interface Observe {
  readonly type: 'observe';
  readonly memberCount: number;
  readonly step: number;
  readonly stateHash: string;
}

export interface Observed {
  readonly type: 'observed';
  readonly step: number;
}

export interface Applied {
  readonly type: 'applied';
  /** The next step to be done. */
  readonly step: number;
  readonly stateHash: string;
}

export interface Rewind {
  readonly type: 'rewind';
}

/** The state in memory is not what this thread wrote: a bit has flipped. Nothing follows but `rewound`. */
export interface Damaged {
  readonly type: 'damaged';
  /** The step whose update found it. */
  readonly step: number;
  readonly message: string;
}

/** Where the compute thread stands: every step that was staged is applied, and no other. */
export interface Rewound {
  readonly type: 'rewound';
  /** The next step to be done. */
  readonly step: number;
  /** Empty when the state is damaged. */
  readonly stateHash: string;
}

export interface Contribution {
  readonly type: 'contribution';
  readonly step: number;
  /** Hash of weights and optimizer state as this step reads them. */
  readonly stateHash: string;
  /** Mean loss over this member's slice. */
  readonly loss: number;
  /** Examples in this member's slice. */
  readonly samples: number;
  /** Gradient with its export and the import of weights before it, milliseconds. */
  readonly computeMs: number;
  /** What this member's slice of the test set gave, when this step evaluates. */
  readonly evaluation?: EvaluationSums;
  /** This member's non-trainable weights, when the next step evaluates: the barrier makes their mean. */
  readonly nonTrainable?: Float32Array;
  /** The step before this one, which this contribution's barrier confirms. */
  readonly previous: CompletedStep | undefined;
  /** This member has no gradient and cannot go on: all members learn it from this barrier. Nothing follows. */
  readonly fault?: Failure;
}

/** Sums over test examples: they add up over members. */
export interface EvaluationSums {
  readonly lossSum: number;
  /** Absent for a program without a notion of a right answer. */
  readonly correct: number | undefined;
  readonly examples: number;
}

export interface CompletedStep {
  readonly step: number;
  readonly phases: PhaseTimes;
  /** How many delayed scalers were smaller than what was measured in this step. */
  readonly exceededScalers?: number;
  /** From its begin to the begin of the next step, without evaluation. */
  readonly totalMs: number;
}

/** How long the phases of one step took on this worker, milliseconds. */
export interface PhaseTimes {
  readonly compute: number;
  readonly encode: number;
  readonly barrier: number;
  readonly push: number;
  readonly pull: number;
  readonly apply: number;
}

export interface Agreed {
  readonly type: 'agreed';
  readonly step: number;
  /** All steps are done, or this member leaves: no further step is exchanged. */
  readonly stop: boolean;
  /** What this step's gradients are sent as, where the workers choose it. */
  readonly codec?: StepCodec;
  /** Mean of the members' non-trainable weights, when the next step evaluates. */
  readonly nonTrainable?: Float32Array;
}

export interface Encoded {
  readonly type: 'encoded';
  /** Several at a time: what is told together travels together. */
  readonly chunks: readonly number[];
}

export interface Finished {
  readonly type: 'finished';
  readonly reason: 'completed' | 'stopped';
  /** SHA-256 over the final weights, tensor by tensor. */
  readonly weightsHash: string;
}

/** Outside of a contribution the other members learn of a failure by the loss of this one. */
export interface Failed extends Failure {
  readonly type: 'failed';
}
