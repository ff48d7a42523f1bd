import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { runJob, type EndedRun } from './run-job.ts';
import { testLossesIn } from './recorded-run.ts';
import { smallJob, type SpecChange } from './small-job.ts';

jest.setTimeout(120_000);

/**
 * Frames that are ready together share one gRPC message, and its prefix of 5 bytes; which do is a matter of time. In
 * each step two workers push one frame each.
 */
const PREFIX_SLACK_BYTES = 2 * 5;

async function trained(change: SpecChange = {}): Promise<EndedRun> {
  const run = await runJob(smallJob(change));
  expect({ exitCode: run.exitCode, err: run.err }).toMatchObject({ exitCode: 0 });
  expect(run.result.weightsHashes).toHaveLength(change.workers?.replicas ?? 2);
  expect(new Set(run.result.weightsHashes).size).toBe(1);
  return run;
}

async function weightsOf(change: SpecChange): Promise<string | null | undefined> {
  return (await trained(change)).result.weightsHashes[0];
}

/** What the others are compared with. */
let ternary: EndedRun['result'];
let float32: EndedRun['result'];

beforeAll(async () => {
  ternary = (await trained()).result;
  float32 = (await trained({ compression: { codec: 'float32' } })).result;
});

describe('what must not change the weights does not', () => {
  test.each<[string, SpecChange]>([
    ['the size of chunks', { exchange: { chunkValues: 80 } }],
    ['TLS off', { tls: { enabled: false } }],
    [
      'evaluation on the way, with averaged weights',
      { training: { evaluation: { everySteps: 2, batchSize: 5 }, ema: { decay: 0.9 } } },
    ],
  ])('%s', async (_, change) => {
    expect(await weightsOf(change)).toBe(ternary.weightsHashes[0]);
  });

  test('packing: 2-bit codes only take more bytes', async () => {
    const { steps, weightsHashes, bytes } = (await trained({ compression: { packing: '2bit' } })).result;
    expect(weightsHashes).toEqual(ternary.weightsHashes);
    // In each step one of the two workers pushes the one ternarized tensor: 1024 values, padded to 65 rows of 16. Of
    // these base3 packs five into 16 bytes, 2bit four.
    const morePerStep = (Math.ceil(65 / 4) - Math.ceil(65 / 5)) * 16;
    const more = bytes.push.wire - ternary.bytes.push.wire;
    expect(Math.abs(more - steps * morePerStep)).toBeLessThanOrEqual(steps * PREFIX_SLACK_BYTES);
    expect(bytes.pull.raw).toBe(ternary.bytes.pull.raw);
  });

  test('packing: entropy coding only takes fewer bytes', async () => {
    const { weightsHashes, bytes } = (await trained({ compression: { packing: 'entropy' } })).result;
    expect(weightsHashes).toEqual(ternary.weightsHashes);
    expect(bytes.push.raw).toBe(ternary.bytes.push.raw);
    expect(bytes.push.wire).toBeLessThan(ternary.bytes.push.wire);
    expect(bytes.pull.wire).toBeLessThan(ternary.bytes.pull.wire);
  });
});

test('packing: auto tries the packings on the way, chooses once, and changes no weight', async () => {
  const steps = { training: { steps: 40 } };
  const plain = (await trained(steps)).result;
  const { result, err } = await trained({ ...steps, compression: { packing: 'auto' } });
  const [chosen, ...more] = [...err.matchAll(/chose what gradients are sent as: (ternary[a-z-]*): a step/g)];
  expect({ chosen: chosen?.[1], more }).toEqual({
    chosen: expect.stringMatching(/^ternary(-sparse|-entropy)?$/),
    more: [],
  });
  expect(result.codec).toBe('ternary');
  expect(result.codecReason).toMatch(/a step takes .*; its time is 1, ternary[a-z-]* \d/);
  expect(result.weightsHashes).toEqual(plain.weightsHashes);
  // Some of the steps at least were entropy coded.
  expect(result.bytes.push.wire).toBeLessThan(plain.bytes.push.wire);
});

describe('overlap only sends sooner what is sent', () => {
  test('float32', async () => {
    const change: SpecChange = { compression: { codec: 'float32' }, exchange: { overlap: true } };
    expect(await weightsOf(change)).toBe(float32.weightsHashes[0]);
  });

  test.each<[string, SpecChange['compression']]>([
    ['ternary with delayed scalers', { scalerTiming: 'delayed' }],
    ['and entropy coded', { scalerTiming: 'delayed', packing: 'entropy' }],
    ['and a scaler per chunk', { scalerTiming: 'delayed', scalerScope: 'chunk' }],
  ])('%s', async (_, compression) => {
    const change = { compression, exchange: { chunkValues: 160 }, workers: { replicas: 3 } };
    const weights = await weightsOf(change);
    expect(await weightsOf({ ...change, exchange: { ...change.exchange, overlap: true } })).toBe(weights);
    expect(weights).not.toBe(
      await weightsOf({ ...change, compression: { ...compression, scalerTiming: 'current' } }),
    );
  });
});

describe('what is the same under another name gives the same weights', () => {
  test('ternary with every tensor exempt, and float32', async () => {
    const change: SpecChange = { compression: { exempt: { belowElements: 1_000_000 } } };
    expect(await weightsOf(change)).toBe(float32.weightsHashes[0]);
  });

  test('ternary with every epoch a float epoch, and float32', async () => {
    expect(await weightsOf({ compression: { floatEpochs: 1 } })).toBe(float32.weightsHashes[0]);
  });

  test('ternary with every tensor exempt as float16, and float16', async () => {
    const exempt = { belowElements: 1_000_000 };
    const float16 = await weightsOf({ compression: { codec: 'float16' } });
    expect(await weightsOf({ compression: { exempt, exemptFormat: 'float16' } })).toBe(float16);
    expect(float16).not.toBe(float32.weightsHashes[0]);
  });
});

describe('what changes the gradients changes the weights, on all workers alike', () => {
  test.each<[string, SpecChange]>([
    ['no clipping', { compression: { clip: 0 } }],
    ['a scaler per chunk', { compression: { scalerScope: 'chunk' }, exchange: { chunkValues: 160 } }],
    [
      'small tensors ternarized too, but not the last layer',
      { compression: { exempt: { belowElements: 0, lastLayer: true } } },
    ],
    ['exempt tensors as float16', { compression: { exemptFormat: 'float16' } }],
    [
      'every second epoch a float epoch',
      { compression: { floatEpochs: 2 }, training: { epochs: 2, batchSize: 32 } },
    ],
    ['uniform SmoothOut', { smoothOut: { strength: 0.01, schedule: 'annealed' } }],
    ['adaptive SmoothOut', { smoothOut: { strength: 0.1, kind: 'adaptive', schedule: 'rampUp' } }],
    ['weight decay', { training: { weightDecay: 0.01 } }],
  ])('%s', async (_, change) => {
    const weights = await weightsOf(change);
    expect(weights).not.toBe(float32.weightsHashes[0]);
    expect(weights).not.toBe(ternary.weightsHashes[0]);
  });
});

describe('each optimizer and each schedule trains', () => {
  type Training = NonNullable<SpecChange['training']>;
  test.each<[string, Training]>([
    [
      'sgd, constant after a warm-up',
      { optimizer: { name: 'sgd' }, learningRate: { initial: 0.2, warmupSteps: 4 } },
    ],
    [
      'momentum, polynomial',
      { optimizer: { name: 'momentum' }, learningRate: { initial: 0.05, schedule: 'polynomial' } },
    ],
    [
      'nesterov, exponential',
      { optimizer: { name: 'nesterov' }, learningRate: { initial: 0.05, schedule: 'exponential' } },
    ],
    [
      'adam, step',
      {
        optimizer: { name: 'adam' },
        learningRate: { initial: 0.02, schedule: 'step', boundaries: [10, 15] },
      },
    ],
    [
      'adamw, cosine',
      {
        optimizer: { name: 'adamw' },
        learningRate: { initial: 0.02, schedule: 'cosine' },
        weightDecay: 0.01,
      },
    ],
    ['rmsprop, constant', { optimizer: { name: 'rmsprop' }, learningRate: { initial: 0.01 } }],
  ])('%s', async (_, training) => {
    const run = await trained({ training: { steps: 20, evaluation: { everySteps: 1 }, ...training } });
    const losses = testLossesIn(run.err);
    expect(losses).toHaveLength(20);
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) * 0.8);
  });

  test('a rate that falls to nothing leaves the weights as they are', async () => {
    const learningRate = { initial: 0.05, schedule: 'step' as const, boundaries: [3], decayRate: 1e-30 };
    const optimizer = { name: 'sgd' } as const;
    const run = await trained({ training: { learningRate, optimizer, evaluation: { everySteps: 1 } } });
    const losses = testLossesIn(run.err);
    expect(new Set(losses.slice(0, 3)).size).toBe(3);
    expect(new Set(losses.slice(2)).size).toBe(1);
  });
});

test('with local scalers codes are pushed, but sums come back as floats', async () => {
  const { weightsHashes, bytes } = (await trained({ compression: { scaler: 'local' } })).result;
  expect(weightsHashes[0]).not.toBe(ternary.weightsHashes[0]);
  expect(bytes.push.wire).toBeLessThan(bytes.push.raw);
  expect(bytes.pull.wire).toBeGreaterThan(bytes.pull.raw);
  expect(ternary.bytes.pull.wire).toBeLessThan(ternary.bytes.pull.raw);
});

test('one worker sends nothing, but ternarizes all the same: its training is that of many', async () => {
  const workers = { replicas: 1, backend: 'cpu' } as const;
  const one = await trained({ workers });
  expect(one.result).toMatchObject({
    bytes: { push: { raw: 0, wire: 0 }, pull: { raw: 0, wire: 0 } },
    compressionRatio: null,
  });
  const [weights] = one.result.weightsHashes;
  expect(await weightsOf({ workers, compression: { codec: 'float32' } })).not.toBe(weights);
});
