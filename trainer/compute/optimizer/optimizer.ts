import type { JobSpec } from '../../../crds/index.ts';
import type { Kernels } from '../../ternary/kernels.ts';
import { BLOCK_VALUES, FLOAT_BYTES, type FlatLayout } from '../../ternary/layout.ts';
import { adamRule } from './adam.ts';
import { adamwRule } from './adamw.ts';
import { decayRuns, totalBlocks } from './decay-runs.ts';
import { momentumRule } from './momentum.ts';
import { nesterovRule } from './nesterov.ts';
import { rmspropRule } from './rmsprop.ts';
import { sgdRule } from './sgd.ts';
import { SLOTS_OF_OPTIMIZER } from './slots.ts';
import { appendStateHash, foldStateHash, HASH_LANES, STATE_HASH_BYTES } from './state-hash.ts';
import type { Segment, UpdateRule } from './update-rule.ts';

export type OptimizerSpec = JobSpec['training']['optimizer'];

/** An optimizer over the flat vector: the same input gives the same bits on every worker, whatever its backend. */
export interface FlatOptimizer {
  /** State vectors of `layout.values` float32 each; they start at 0. */
  readonly slots: number;
  /** One update of the whole vector. Weights, slots and the gradient's padding stay 0. */
  update(args: UpdateArguments): StateHashes;
  /**
   * The same update of a part of the vector, whose hash goes on from the last range since `beginPart`. Between that and
   * `endPart`, nothing else may use the scratch memory.
   */
  beginPart(): void;
  updateRange(args: UpdateArguments, range: UpdateRange): void;
  /** @param part its number: parts come in any order and are joined in this one. */
  endPart(part: number, blocks: number): void;
  /** Of parts 0 to `parts` - 1, which make up the whole vector: equals what `update` returns. */
  joinParts(parts: number): StateHashes;
  /** Hash of a state as it lies in memory: equals `writtenHash` of the update that wrote it. */
  hash(weights: number, slots: readonly number[]): string;
}

export interface UpdateArguments {
  /** Byte offsets of flat vectors. */
  readonly weights: number;
  readonly gradient: number;
  readonly slots: readonly number[];
  /** Where the updated state goes; the same place by default. */
  readonly next?: { readonly weights: number; readonly slots: readonly number[] };
  readonly learningRate: number;
  readonly weightDecay: number;
  /** 1-based, for bias correction. */
  readonly step: number;
}

export interface UpdateRange {
  /** Values from the start of the flat vector; a multiple of a block. */
  readonly offset: number;
  readonly blocks: number;
}

/** 16 hex digits each, over weights and slots; made in the same pass as the update. */
export interface StateHashes {
  /** Differs from the last update's `writtenHash` when a bit changed in memory in between. */
  readonly readHash: string;
  readonly writtenHash: string;
}

/** @param scratch 64 bytes, 16-byte aligned. */
export function createOptimizer(
  spec: OptimizerSpec,
  kernels: Kernels,
  layout: FlatLayout,
  scratch: number,
): FlatOptimizer {
  const rule = ruleOf(spec);
  const slots = SLOTS_OF_OPTIMIZER[spec.name];
  const runs = decayRuns(layout);
  const blocks = totalBlocks(layout);
  const hashWords = new Uint32Array(
    kernels.memory.buffer,
    scratch,
    STATE_HASH_BYTES / Uint32Array.BYTES_PER_ELEMENT,
  );
  const segment: Segment = {
    weights: 0,
    nextWeights: 0,
    gradient: 0,
    slot0: 0,
    nextSlot0: 0,
    slot1: 0,
    nextSlot1: 0,
    blocks: 0,
    hash: scratch,
    learningRate: 0,
    weightDecay: 0,
    step: 0,
  };

  const parts: { words: Uint32Array; additions: number }[] = [];

  function updateRange(args: UpdateArguments, range: UpdateRange): void {
    const end = range.offset + range.blocks * BLOCK_VALUES;
    const next = args.next ?? args;
    segment.learningRate = args.learningRate;
    segment.step = args.step;
    for (const run of runs) {
      const from = Math.max(run.offset, range.offset);
      const to = Math.min(run.offset + run.blocks * BLOCK_VALUES, end);
      if (from >= to) continue;
      const skip = from * FLOAT_BYTES;
      segment.weights = args.weights + skip;
      segment.nextWeights = next.weights + skip;
      segment.gradient = args.gradient + skip;
      segment.slot0 = (args.slots[0] ?? 0) + skip;
      segment.nextSlot0 = (next.slots[0] ?? 0) + skip;
      segment.slot1 = (args.slots[1] ?? 0) + skip;
      segment.nextSlot1 = (next.slots[1] ?? 0) + skip;
      segment.blocks = (to - from) / BLOCK_VALUES;
      segment.weightDecay = run.decays ? args.weightDecay : 0;
      rule(kernels, segment);
    }
  }

  const folded = (words: Uint32Array): StateHashes => ({
    readHash: foldStateHash(words, 'read'),
    writtenHash: foldStateHash(words, 'written'),
  });

  return {
    slots,
    updateRange,

    update(args) {
      hashWords.fill(0);
      updateRange(args, { offset: 0, blocks });
      return folded(hashWords);
    },

    beginPart: () => void hashWords.fill(0),

    endPart(part, partBlocks) {
      const kept = (parts[part] ??= { words: new Uint32Array(hashWords.length), additions: 0 });
      kept.words.set(hashWords);
      kept.additions = partBlocks * (BLOCK_VALUES / HASH_LANES) * (1 + slots);
    },

    joinParts(count) {
      hashWords.fill(0);
      for (const { words, additions } of parts.slice(0, count)) appendStateHash(hashWords, words, additions);
      return folded(hashWords);
    },

    hash(weights, slotVectors) {
      hashWords.fill(0);
      const slot = (index: number): number => (index < slots ? slotVectors[index]! : 0);
      kernels.hashState(weights, slot(0), slot(1), blocks, scratch);
      return foldStateHash(hashWords, 'written');
    },
  };
}

function ruleOf(spec: OptimizerSpec): UpdateRule {
  switch (spec.name) {
    case 'sgd':
      return sgdRule;
    case 'momentum':
      return momentumRule(spec);
    case 'nesterov':
      return nesterovRule(spec);
    case 'rmsprop':
      return rmspropRule(spec);
    case 'adam':
      return adamRule(spec);
    case 'adamw':
      return adamwRule(spec);
  }
}
