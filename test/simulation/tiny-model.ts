import type { JobSpec } from '../../crds/index.ts';
import type { ModelRuntime } from '../../trainer/compute/model-runtime.ts';
import { createOptimizer } from '../../trainer/compute/optimizer/optimizer.ts';
import type { FlatOptimizer } from '../../trainer/compute/optimizer/optimizer.ts';
import type { TensorFlow } from '../../trainer/compute/tensorflow.ts';
import type { Dataset } from '../../trainer/programs/program.ts';
import { createCodecs } from '../../trainer/step/codecs.ts';
import type { Codecs } from '../../trainer/step/codecs.ts';
import { forgetScalers } from '../../trainer/step/delayed-scalers.ts';
import { allocateStepMemory } from '../../trainer/step/memory.ts';
import { createScalerFinder } from '../../trainer/step/scaler-finder.ts';
import type { ScalerFinder } from '../../trainer/step/scaler-finder.ts';
import { StateVectors } from '../../trainer/step/state-vectors.ts';
import { planStep } from '../../trainer/step/step-plan.ts';
import type { StepPlan } from '../../trainer/step/step-plan.ts';
import { specOf, tensor } from '../../trainer/step/testing/spec.ts';
import { loadKernels } from '../../trainer/ternary/kernels.ts';
import type { Kernels } from '../../trainer/ternary/kernels.ts';

/** 7 blocks of 80 values: two ternarized tensors and an exempt one, in four chunks. */
const TENSORS = [tensor('first/kernel', 25, 10), tensor('first/bias', 10), tensor('second/kernel', 20, 8)];
const EXAMPLES = 42;

export interface Shape {
  readonly replicas: number;
  readonly steps: number;
  readonly elastic?: {
    readonly minReplicas: number;
    readonly maxReplicas: number;
    readonly graceSeconds: number;
  };
  /** Gradients leave ahead of the barrier, tensor by tensor. */
  readonly ahead?: boolean;
}

export function tinySpec({ replicas, steps, elastic, ahead = false }: Shape): JobSpec {
  return specOf({
    workers: { replicas, ...(elastic !== undefined && { elastic }) },
    training: { steps, batchSize: 11, optimizer: { name: 'momentum' }, learningRate: { initial: 0.05 } },
    compression: { exempt: { belowElements: 100 }, scalerTiming: ahead ? 'delayed' : 'current' },
    exchange: {
      chunkValues: 160,
      overlap: ahead,
      formationSeconds: 30,
      recoverySeconds: 60,
      stepDeadlineSeconds: 20,
      peerLossSeconds: 4,
    },
  });
}

/** Everything of a compute thread but tfjs: the codec, its kernels, the optimizer and the memory are the real ones. */
export interface TinyModel {
  readonly spec: JobSpec;
  readonly planFor: (members: number) => StepPlan;
  readonly plan: StepPlan;
  readonly kernels: Kernels;
  readonly codecs: Codecs;
  readonly optimizer: FlatOptimizer;
  readonly scalers: ScalerFinder;
  readonly vectors: StateVectors;
  readonly runtime: ModelRuntime;
  readonly dataset: Dataset;
  readonly tf: TensorFlow;
  readonly tensors: typeof TENSORS;
  readonly examples: number;
  /** Weights and optimizer state as they lie in memory. */
  hash(): string;
}

const plans = new WeakMap<JobSpec, Map<number, StepPlan>>();

/** All models of a job have one plan for each size. */
function plansOf(spec: JobSpec): (members: number) => StepPlan {
  const known = plans.get(spec) ?? new Map<number, StepPlan>();
  plans.set(spec, known);
  return (members) => {
    const plan = known.get(members) ?? planStep(TENSORS, spec, { examples: EXAMPLES, members });
    known.set(members, plan);
    return plan;
  };
}

/** @param used a memory that nobody needs any more: a fresh one takes gigabytes of addresses. */
export async function createTinyModel(spec: JobSpec, used?: WebAssembly.Memory): Promise<TinyModel> {
  const planFor = plansOf(spec);
  const plan = planFor(spec.workers.replicas);
  const memory = used ?? allocateStepMemory(plan.memory);
  new Uint8Array(memory.buffer).fill(0);
  forgetScalers(plan, memory);
  const kernels = await loadKernels(memory);
  const vectors = new StateVectors(memory.buffer as SharedArrayBuffer, plan.memory);
  const scratch = plan.memory.computeScratch;
  const optimizer = createOptimizer(spec.training.optimizer, kernels, plan.layout, scratch);
  const weights = new Float32Array(memory.buffer, plan.memory.weights, plan.layout.values);
  for (const { offset, size, index } of plan.layout.slots) {
    for (let i = 0; i < size; i++) weights[offset + i] = Math.fround(Math.sin(i + 31 * index));
  }
  return {
    spec,
    planFor,
    plan,
    kernels,
    optimizer,
    codecs: createCodecs(plan, kernels, {
      scratch,
      coder: plan.memory.computeCoder,
    }),
    scalers: createScalerFinder(spec.compression, kernels, plan, vectors),
    runtime: tinyRuntime(plan),
    dataset: TINY_DATA,
    tf: NO_TENSORFLOW,
    tensors: TENSORS,
    examples: EXAMPLES,
    hash: () => optimizer.hash(vectors.present.weights, vectors.present.slots),
    vectors,
  };
}

/** An example is its number. */
const TINY_DATA = {
  train: {
    count: EXAMPLES,
    batch: (_tf: unknown, indices: Uint32Array) => ({ inputs: indices, targets: indices }),
  },
  test: { count: 0, batch: () => undefined },
} as unknown as Dataset;

const NO_TENSORFLOW = { dispose: () => undefined } as unknown as TensorFlow;

/** A gradient that depends on every example and on every weight, so that no difference between states stays hidden. */
function tinyRuntime({ layout }: StepPlan): ModelRuntime {
  let weights = new Float32Array(0);
  const runtime: Pick<
    ModelRuntime,
    'importWeights' | 'gradient' | 'nonTrainableValues' | 'exportNonTrainable' | 'importNonTrainable'
  > = {
    nonTrainableValues: 0,
    exportNonTrainable: () => undefined,
    importNonTrainable: () => undefined,
    importWeights: (from) => (weights = Float32Array.from(from)),
    gradient({ inputs }, out, scale, { onTensor }) {
      const examples = Array.from(inputs as unknown as Uint32Array);
      const mean = examples.reduce((sum, example) => sum + Math.sin(example + 1), 0) / examples.length;
      out.fill(0);
      for (const { index, offset, size } of layout.slots.toReversed()) {
        for (let i = offset; i < offset + size; i++) {
          out[i] = scale * ((weights[i] ?? 0) * 0.3 + mean * Math.cos(i * 0.37 + examples.length));
        }
        onTensor?.(index);
      }
      return { loss: Math.abs(mean) };
    },
  };
  return runtime as ModelRuntime;
}
