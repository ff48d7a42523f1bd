import { describe, expect, test } from '@jest/globals';
import { chooseCodec, CodecTrial, Stage } from './codec-trial.ts';
import type { StepCodec } from './coding.ts';

type Costs = Partial<Readonly<Record<StepCodec, number>>>;

const COMPUTE_MS = 10;

/** Some workers of one job: each barrier takes the highest stage, and rank 0 learns how long its step was. */
class Workers {
  readonly trials: CodecTrial[];
  readonly used: StepCodec[] = [];
  readonly #beyondMs: Costs;

  constructor(beyondMs: Costs, count = 3) {
    this.#beyondMs = beyondMs;
    this.trials = Array.from({ length: count }, (_, rank) => this.trial(rank === 0));
  }

  /** Of a job that can choose from what has a cost. */
  trial(measures: boolean, chosen?: StepCodec): CodecTrial {
    return new CodecTrial({ measures, codecs: Object.keys(this.#beyondMs) as StepCodec[], chosen });
  }

  steps(count: number): this {
    for (let step = 0; step < count; step += 1) this.#step();
    return this;
  }

  #step(): void {
    const highest = Math.max(...this.trials.map(({ stage }) => stage));
    const codecs = this.trials.map((trial) => trial.agreed(highest));
    expect(new Set(codecs).size).toBe(1);
    const codec = codecs[0] as StepCodec;
    this.used.push(codec);
    const figures = { totalMs: COMPUTE_MS + this.#beyondMs[codec]!, slowestComputeMs: COMPUTE_MS };
    for (const trial of this.trials) trial.add(figures);
  }
}

describe('the choice', () => {
  test.each<[string, Costs, StepCodec]>([
    ['a slow network', { ternary: 5, float16: 50, float32: 100 }, 'ternary'],
    [
      'one where ternary has to be encoded longer than it saves',
      { ternary: 8, float16: 4, float32: 7 },
      'float16',
    ],
    ['one that costs next to nothing', { ternary: 8, float16: 3, float32: 2 }, 'float32'],
    ['one where float32 costs a tenth of the step more', { ternary: 5, float16: 5.5, float32: 6 }, 'float32'],
    ['one where it costs more than that', { ternary: 5, float16: 6, float32: 9 }, 'float16'],
  ])('on %s', (_what, beyondMs, chosen) => {
    const workers = new Workers(beyondMs).steps(40);
    expect(workers.trials.map((trial) => trial.chosen)).toEqual([chosen, chosen, chosen]);
    expect(workers.used.at(-1)).toBe(chosen);
    expect(workers.trials[0]?.choice?.why).toContain(`${chosen}: a step takes`);
  });

  const packings = { ternary: 10, 'ternary-sparse': 10, 'ternary-entropy': 10 };
  test.each<[string, Costs, StepCodec]>([
    ['a slow link', { ternary: 30, 'ternary-sparse': 22, 'ternary-entropy': 20 }, 'ternary-entropy'],
    ['one where only sparse tensors are worth it', { ...packings, 'ternary-sparse': 8 }, 'ternary-sparse'],
    ['one where coding gains nothing', packings, 'ternary'],
    ['one where coding gains next to nothing', { ...packings, 'ternary-entropy': 9.7 }, 'ternary'],
    ['a fast link', { ternary: 8, 'ternary-sparse': 9, 'ternary-entropy': 12 }, 'ternary'],
    [
      'one where floats are to be chosen from, too',
      { ternary: 30, 'ternary-sparse': 22, 'ternary-entropy': 20, float16: 40, float32: 80 },
      'ternary-entropy',
    ],
    [
      'one where floats are as fast as the best packing but for a tenth',
      { ternary: 30, 'ternary-sparse': 22, 'ternary-entropy': 20, float16: 22.5, float32: 80 },
      'float16',
    ],
  ])('of packings on %s', (_what, beyondMs, chosen) => {
    const workers = new Workers(beyondMs).steps(60);
    expect(workers.trials.map((trial) => trial.chosen)).toEqual([chosen, chosen, chosen]);
    expect(new Set(workers.used)).toContain('ternary-entropy');
  });

  test('what was chosen from more than there is now is tried anew', () => {
    const workers = new Workers({ ternary: 5, 'ternary-sparse': 5, 'ternary-entropy': 5 });
    expect(workers.trial(true, 'float16').chosen).toBeUndefined();
    expect(workers.trial(true, 'ternary-sparse').chosen).toBe('ternary-sparse');
  });

  test('float32 is not tried where float16 is hopeless', () => {
    const { used } = new Workers({ ternary: 5, float16: 50, float32: 100 }).steps(40);
    expect(used).not.toContain('float32');
  });

  test('a slow network is tried with few steps', () => {
    const { used } = new Workers({ ternary: 100, float16: 4_000, float32: 8_000 }).steps(40);
    expect(used.filter((codec) => codec === 'float16')).toHaveLength(3);
  });

  test('says how much longer the others take', () => {
    expect(chooseCodec({ ternary: 13, float16: 10, float32: 12 }).why).toBe(
      'float16: a step takes 10.0 ms; its time is 1, float32 1.20x, ternary 1.30x',
    );
  });
});

describe('who knows of it', () => {
  const fast: Costs = { ternary: 8, float16: 3, float32: 2 };

  test('a replaced rank 0 goes on where the old one was', () => {
    const workers = new Workers(fast).steps(14);
    expect(workers.used.at(-1)).toBe('float16');
    workers.trials[0] = workers.trial(true);
    workers.steps(1);
    expect(workers.used.at(-1)).toBe('float16');
    workers.steps(30);
    expect(workers.used.at(-1)).toBe('float32');
  });

  test('a replaced rank 0 keeps what was chosen', () => {
    const workers = new Workers(fast).steps(40);
    workers.trials[0] = workers.trial(true);
    workers.steps(20);
    expect(new Set(workers.used.slice(40))).toEqual(new Set(['float32']));
  });

  test('a worker that comes later follows', () => {
    const workers = new Workers(fast).steps(40);
    workers.trials[2] = workers.trial(false);
    workers.steps(1);
    expect(workers.trials[2].chosen).toBe('float32');
  });

  test('what a checkpoint kept is not tried again', () => {
    const workers = new Workers(fast);
    workers.trials[0] = workers.trial(true, 'ternary');
    workers.steps(40);
    expect(new Set(workers.used)).toEqual(new Set(['ternary']));
  });

  test('a stage from a newer program is not taken', () => {
    const trial = new Workers({ ternary: 1 }).trial(false);
    expect(trial.agreed(99)).toBe('ternary');
    expect(trial.stage).toBe(Stage.unknown);
  });
});
