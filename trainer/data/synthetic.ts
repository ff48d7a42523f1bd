import type { LabelledArrays, LabelledDataset } from './labelled.ts';
import { exampleSize } from './labelled.ts';
import { createRandom, type Random } from './random.ts';

export interface SyntheticOptions {
  readonly seed: number;
  readonly trainExamples: number;
  /** Height, width, channels. */
  readonly shape: readonly [number, number, number];
  readonly classes: number;
}

/** Prototypes are drawn in squares of this many pixels: convolutions and pooling see a pattern, not noise. */
const CELL_PIXELS = 4;
/** Share of the noise in an example; the rest is its class's prototype. */
const NOISE_SHARE = 0.5;

/**
 * Images made up from the seed, of which there is one test example for every four training examples: each is its
 * class's prototype under uniform noise. Easy for every built-in program, so a rising accuracy shows that training works.
 */
export function makeSynthetic({ seed, trainExamples, shape, classes }: SyntheticOptions): LabelledDataset {
  const random = createRandom({ seed, purpose: 'synthetic-prototypes' });
  const prototypes = Array.from({ length: classes }, () => makePrototype(shape, random));
  const part = (purpose: string, count: number): LabelledArrays =>
    makeExamples(prototypes, shape, count, createRandom({ seed, purpose }));
  return {
    classes,
    train: part('synthetic-train', trainExamples),
    test: part('synthetic-test', Math.max(1, Math.round(trainExamples / 4))),
  };
}

function makePrototype(
  [height, width, channels]: readonly [number, number, number],
  random: Random,
): Uint8Array {
  const cellsPerRow = Math.ceil(width / CELL_PIXELS);
  const cells = Uint8Array.from({ length: Math.ceil(height / CELL_PIXELS) * cellsPerRow * channels }, () =>
    random.integer(256),
  );
  const prototype = new Uint8Array(height * width * channels);
  for (let i = 0; i < prototype.length; i++) {
    const channel = i % channels;
    const column = Math.floor(i / channels) % width;
    const row = Math.floor(i / (channels * width));
    const cell = Math.floor(row / CELL_PIXELS) * cellsPerRow + Math.floor(column / CELL_PIXELS);
    prototype[i] = cells[cell * channels + channel]!;
  }
  return prototype;
}

function makeExamples(
  prototypes: readonly Uint8Array[],
  shape: readonly number[],
  count: number,
  random: Random,
): LabelledArrays {
  const size = exampleSize(shape);
  const values = new Uint8Array(count * size);
  const labels = new Uint8Array(count);
  for (let example = 0; example < count; example++) {
    const label = example % prototypes.length;
    const prototype = prototypes[label]!;
    labels[example] = label;
    for (let i = 0; i < size; i++) {
      const noise = random.uniform() * 255;
      values[example * size + i] = Math.floor(NOISE_SHARE * noise + (1 - NOISE_SHARE) * prototype[i]!);
    }
  }
  return { count, shape, values, labels };
}
