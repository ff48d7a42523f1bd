import { expect, test } from '@jest/globals';
import type { CompressionSpec } from '../../crds/compression.ts';
import { codingOf, isFloatEpoch } from './coding.ts';
import { specOf } from './testing/spec.ts';

type Written = Partial<Omit<CompressionSpec, 'exempt'>>;

function compressionOf(written: Written = {}): CompressionSpec {
  return specOf({ compression: written }).compression;
}

const ternarized = { exempt: false };
const exempt = { exempt: true };

test.each<[string, Written, { exempt: boolean }, boolean, [string, string, string]]>([
  ['a shared scaler keeps sums integer', {}, ternarized, false, ['ternary', 'base3', 'sums']],
  ['local scalers make float sums', { scaler: 'local' }, ternarized, false, ['ternary', 'base3', 'float32']],
  ['packing is of the push', { packing: '2bit' }, ternarized, false, ['ternary', '2bit', 'sums']],
  ['exempt tensors are float32', {}, exempt, false, ['float32', 'float32', 'float32']],
  ['or float16', { exemptFormat: 'float16' }, exempt, false, ['float16', 'float16', 'float16']],
  [
    'a float epoch sends all in float32',
    { exemptFormat: 'float16' },
    exempt,
    true,
    ['float32', 'float32', 'float32'],
  ],
  ['also what is ternarized else', {}, ternarized, true, ['float32', 'float32', 'float32']],
  [
    'float16 sends all in float16',
    { codec: 'float16' },
    ternarized,
    false,
    ['float16', 'float16', 'float16'],
  ],
  [
    'float32 exempts nothing',
    { codec: 'float32', exemptFormat: 'float16' },
    exempt,
    false,
    ['float32', 'float32', 'float32'],
  ],
])('%s', (_name, written, part, floatEpoch, [codec, push, pull]) => {
  expect(codingOf(compressionOf(written), part, floatEpoch)).toEqual({ codec, push, pull });
});

test('every third epoch is a float epoch when floatEpochs is 3, none when it is 0', () => {
  const epochs = [0, 1, 2, 3, 4, 5, 6];
  expect(epochs.map((epoch) => isFloatEpoch(compressionOf({ floatEpochs: 3 }), epoch))).toEqual([
    false,
    false,
    true,
    false,
    false,
    true,
    false,
  ]);
  expect(epochs.some((epoch) => isFloatEpoch(compressionOf(), epoch))).toBe(false);
});
