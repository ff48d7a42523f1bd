import { describe, expect, test } from '@jest/globals';
import type { StepCosts } from '../../trainer/predict/costs.ts';
import type { MeasuredCoding } from './codec-time.ts';
import { predictRow, type PredictionFacts } from './prediction.ts';
import { predictText } from './predict-text.ts';

const costs: StepCosts = {
  gradient: { fixedMs: 5, perExampleMs: 0.5 },
  statisticsMs: 0.3,
  updateMs: 1,
  isUpdatedAsSumsCome: true,
  transport: { barrierMs: 0.5, perMemberMs: 0.05, perMessageMs: 0.001, perByteMs: 1e-7 },
};

const CHUNKS = 16;

function coding(name: string, bytes: number, encodeMs: number, mostMembers = 512): MeasuredCoding {
  return {
    name,
    codec: name.startsWith('ternary') ? 'ternary' : (name as 'float32'),
    packing: 'base3',
    costs: () => ({ encodeMs, sumMs: 0.2, decodeMs: encodeMs / 2 }),
    chunks: (members) =>
      members > mostMembers
        ? undefined
        : Array.from({ length: CHUNKS }, () => ({ push: bytes / CHUNKS, pull: bytes / CHUNKS })),
  };
}

const codings = [
  coding('float32', 4_000_000, 0.5),
  coding('float16', 2_000_000, 1),
  coding('ternary', 250_000, 2, 127),
];

function facts(bitsPerSecond: number): PredictionFacts {
  return {
    costs,
    codings,
    link: { bitsPerSecond, roundTripMs: 0.1 },
    coresPerWorker: 2,
    examplesPerStep: () => 64,
  };
}

describe('a row', () => {
  test('on a slow link has ternary far ahead, of float16 half as far as of float32', () => {
    const { ternary, fastest } = predictRow(facts(1e7), 4);
    expect(fastest).toBe('ternary');
    expect(ternary?.overFloat32).toBeGreaterThan(10);
    expect((ternary?.overFloat32 ?? 0) / (ternary?.overFloat16 ?? 1)).toBeCloseTo(2, 1);
  });

  test('says up to which rate ternary pays, and there it does', () => {
    const { paysUpTo } = predictRow(facts(1e9), 4);
    if (paysUpTo?.kind !== 'upTo') throw new Error('it must stop somewhere');
    const at = (rate: number) => predictRow(facts(rate), 4).ternary?.overFloat16 ?? 0;
    expect(at(paysUpTo.bitsPerSecond * 0.9)).toBeGreaterThan(1);
    expect(at(paysUpTo.bitsPerSecond * 2)).toBeLessThan(1.03);
  });

  test('of more workers than sums hold has no ternary step, and the others stay', () => {
    const { steps, ternary, paysUpTo } = predictRow(facts(1e9), 128);
    expect(steps['ternary']).toBeNull();
    expect(steps['float16']?.totalMs).toBeGreaterThan(0);
    expect({ ternary, paysUpTo }).toEqual({ ternary: null, paysUpTo: null });
  });
});

test('the text names what was assumed, and where compression stops to pay', () => {
  const text = predictText({
    job: 'small',
    parameters: 1_000_000,
    backend: 'wasm',
    link: { bitsPerSecond: 1e9, roundTripMs: 0.1 },
    coresPerWorker: 2,
    isEncrypted: true,
    costs,
    codings: Object.fromEntries(codings.map((one) => [one.name, one.costs(2)])),
    rows: [1, 2, 64, 128].map((workers) => predictRow(facts(1e9), workers)),
  });
  expect(text).toMatch(/1000000 parameters, backend wasm, mutual TLS/);
  expect(text).toMatch(/link 1 Gbit\/s, round trip 0.1 ms, 2 cores for each worker/);
  expect(text).toMatch(/workers {2}float32 ms {2}float16 ms {2}ternary ms/);
  expect(text).toMatch(/2 workers: ternary pays up to [\d.]+ [GM]bit\/s; above, float16 is as fast/);
  expect(text).toMatch(/No ternary gradients for 128 workers/);
});
