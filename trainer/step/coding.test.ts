import { expect, test } from '@jest/globals';
import type { CompressionSpec } from '../../crds/compression.ts';
import { codecsOf, codingOf, familyOf, isFloatEpoch, mayEntropyCode, type StepCodec } from './coding.ts';
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
  expect(codingOf(compressionOf(written), part, floatEpoch)).toEqual({ codec, push, pull, codedShare: 0 });
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

test.each<[Written, StepCodec | undefined, [string, string, number]]>([
  [{ packing: 'entropy' }, undefined, ['entropy', 'entropy-sums', 1]],
  [{ packing: 'entropy', scaler: 'local' }, undefined, ['entropy', 'float32', 1]],
  [{ packing: 'auto' }, undefined, ['base3', 'sums', 0]],
  [{ packing: 'auto' }, 'ternary', ['base3', 'sums', 0]],
  [{ packing: 'auto' }, 'ternary-entropy', ['entropy', 'entropy-sums', 1]],
  [{ packing: 'auto' }, 'ternary-sparse', ['entropy', 'entropy-sums', 0.5]],
])('%j with %s in force', (written, codec, [push, pull, codedShare]) => {
  const compression = compressionOf(written);
  expect(codingOf(compression, ternarized, false, codec)).toEqual({
    codec: 'ternary',
    push,
    pull,
    codedShare,
  });
  expect(mayEntropyCode(compression)).toBe(true);
});

test.each<[Written, readonly StepCodec[]]>([
  [{}, ['ternary']],
  [{ codec: 'float16', packing: 'auto' }, ['float16']],
  [{ codec: 'auto' }, ['ternary', 'float16', 'float32']],
  [{ packing: 'auto' }, ['ternary', 'ternary-sparse', 'ternary-entropy']],
  [
    { codec: 'auto', packing: 'auto' },
    ['ternary', 'ternary-sparse', 'ternary-entropy', 'float16', 'float32'],
  ],
])('%j leaves a choice of %j', (written, codecs) => {
  expect(codecsOf(compressionOf(written))).toEqual(codecs);
});

test('packings are of one family', () => {
  const codecs: StepCodec[] = ['ternary', 'ternary-sparse', 'ternary-entropy', 'float16', 'float32'];
  expect(codecs.map(familyOf)).toEqual(['ternary', 'ternary', 'ternary', 'float16', 'float32']);
});
