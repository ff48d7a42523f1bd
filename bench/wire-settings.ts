import type { TernGradJob } from '../crds/index.ts';

type WireSettings = Pick<TernGradJob['spec'], 'compression' | 'exchange'>;

/** What a name of `--codecs` stands for. */
const WIRE_SETTINGS: Readonly<Record<string, WireSettings>> = {
  float32: { compression: { codec: 'float32' } },
  float16: { compression: { codec: 'float16' } },
  ternary: { compression: { codec: 'ternary' } },
  'ternary-2bit': { compression: { packing: '2bit' } },
  'ternary-entropy': { compression: { packing: 'entropy' } },
  'ternary-delayed': { compression: { scalerTiming: 'delayed' } },
  'ternary-overlap': { compression: { scalerTiming: 'delayed' }, exchange: { overlap: true } },
  'ternary-overlap-entropy': {
    compression: { scalerTiming: 'delayed', packing: 'entropy' },
    exchange: { overlap: true },
  },
  'ternary-auto': { compression: { packing: 'auto' } },
  auto: { compression: { codec: 'auto', packing: 'auto' } },
  'float32-overlap': { compression: { codec: 'float32' }, exchange: { overlap: true } },
};

export const CODEC_NAMES: readonly string[] = Object.keys(WIRE_SETTINGS);

class UnknownCodecError extends Error {
  override readonly name = 'UnknownCodecError';
}

/** @throws {UnknownCodecError} */
export function wireSettings(name: string): WireSettings {
  const found = WIRE_SETTINGS[name];
  if (found !== undefined) return found;
  throw new UnknownCodecError(`--codecs: "${name}" is none of ${CODEC_NAMES.join(', ')}`);
}
