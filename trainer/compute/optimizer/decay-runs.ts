import { BLOCK_VALUES, blocksOf, type FlatLayout } from '../../ternary/layout.ts';

/** Neighbouring tensors that all decay, or all do not. */
export interface DecayRun {
  /** Values from the start of the flat vector. */
  readonly offset: number;
  readonly blocks: number;
  readonly decays: boolean;
}

/** Cuts the whole flat vector into runs, in order. Weights of rank 2 and more decay; biases and batch norm never do. */
export function decayRuns(layout: FlatLayout): DecayRun[] {
  const runs: DecayRun[] = [];
  const byOffset = [...layout.slots].sort((a, b) => a.offset - b.offset);
  for (const { shape, offset, size } of byOffset) {
    const decays = shape.length >= 2;
    const last = runs.at(-1);
    if (last?.decays === decays) runs[runs.length - 1] = { ...last, blocks: last.blocks + blocksOf(size) };
    else runs.push({ offset, blocks: blocksOf(size), decays });
  }
  return runs;
}

/** Blocks of the whole flat vector. */
export function totalBlocks(layout: FlatLayout): number {
  return layout.values / BLOCK_VALUES;
}
