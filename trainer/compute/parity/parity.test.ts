import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { BackendName } from '../backend.ts';
import { LAYER_CASES } from './layer-cases.ts';
import type { ParityReport } from './main.ts';
import { OP_CASES } from './op-cases.ts';

const TOLERANCE = 1e-4;
const LEAK_STEPS = 1000;
const NAMES = [...OP_CASES.map(({ name }) => name), ...LAYER_CASES.map(({ name }) => `layer ${name}`)];

/** Cases that a backend refuses with an error. A case that is listed here and works is reported as well. */
const REFUSED: Record<'wasm' | 'native', Readonly<Record<string, RegExp>>> = {
  wasm: {
    'conv3d same': /Conv3DBackprop\w+ is not available on the wasm backend/,
    'conv3d valid, strided': /Conv3DBackprop\w+ is not available on the wasm backend/,
    maxPool3d: /MaxPool3D is not available on the wasm backend/,
  },
  native: {
    'conv2d [3,6,6,2] [3,3,2,2] [1,1] 1': /supports only 'valid' and 'same' padding/,
    'conv2d with explicit, uneven padding': /supports only 'valid' and 'same' padding/,
  },
};

async function report(backend: BackendName, steps: number): Promise<ParityReport> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', main, backend, String(steps)],
    {
      maxBuffer: 2 ** 28,
    },
  );
  const parsed: ParityReport = JSON.parse(stdout);
  return parsed;
}

/** Largest difference of two tensors, relative to the largest value expected. */
function relativeError(expected: readonly number[], actual: readonly number[]): number {
  if (expected.length !== actual.length) return Infinity;
  let [scale, difference] = [1e-30, 0];
  for (const [i, value] of expected.entries()) {
    scale = Math.max(scale, Math.abs(value));
    // JSON turns NaN into null: it must not pass for 0.
    difference = Math.max(difference, Math.abs(value - (actual[i] ?? Infinity)));
  }
  return difference / scale;
}

function nativeAddonIsBuilt(): boolean {
  const packageFile = createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json');
  return existsSync(join(dirname(packageFile), 'lib', 'napi-v8', 'tfjs_binding.node'));
}

let reference: ParityReport;
beforeAll(async () => {
  reference = await report('cpu', 0);
}, 120_000);

test('the cpu backend computes every case', () => {
  expect(Object.entries(reference.results).filter(([, result]) => 'error' in result)).toEqual([]);
  expect(Object.keys(reference.results).toSorted()).toEqual(NAMES.toSorted());
});

if (!nativeAddonIsBuilt()) console.info('native backend: skipped, its addon is not built (`make native`)');

const whenBuilt = nativeAddonIsBuilt() ? describe : describe.skip;

describe('wasm', () => {
  expectParity('wasm');
});
whenBuilt('native', () => {
  const actual = expectParity('native');

  test('many values are read into shared memory in place where it is aligned, and nothing is written where they are not', () => {
    expect(actual().readInto).toEqual([
      { done: true, found: 'values' },
      { done: true, found: 'values' },
      { done: false, found: 'nothing' },
      { done: false, found: 'nothing' },
    ]);
  });
});

/** Returns what gives the backend's report, once the tests run. */
function expectParity(backend: 'wasm' | 'native'): () => ParityReport {
  const refused = Object.entries(REFUSED[backend]);
  const computed = NAMES.filter((name) => !(name in REFUSED[backend]));
  let actual: ParityReport;
  beforeAll(async () => {
    actual = await report(backend, LEAK_STEPS);
  }, 240_000);

  test.each(computed)('%s: result and gradients equal those of the cpu backend', (name) => {
    const wanted = tensorsOf(reference, name);
    const got = tensorsOf(actual, name);
    expect(got).toHaveLength(wanted.length);
    const errors = wanted.map((tensor, i) => relativeError(tensor, got[i] ?? []));
    expect(Math.max(...errors)).toBeLessThan(TOLERANCE);
  });

  test.each(refused)('%s: refused with an error, never a wrong number', (name, why) => {
    expect(actual.results[name]).toEqual({ error: expect.stringMatching(why) });
  });

  test(`${LEAK_STEPS} training steps leave the number of tensors and their bytes as they were`, () => {
    const [, second] = actual.tensorUse;
    expect(actual.tensorUse).toHaveLength(LEAK_STEPS);
    expect(actual.tensorUse.at(-1)).toEqual(second);
  });

  test('weights are those of the shared memory that was imported last', () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(actual.importedWeights).toEqual([values, values.map((value) => -value)]);
  });

  test('a pass that asks for no gradient of a pooling leaves no tensor', () => {
    expect(actual.tensorsLeft).toBe(0);
  });

  return () => actual;
}

function tensorsOf({ results }: ParityReport, name: string): readonly number[][] {
  const result = results[name];
  if (result === undefined) throw new Error(`${name} did not run`);
  if ('error' in result) throw new Error(result.error);
  return result.tensors;
}
