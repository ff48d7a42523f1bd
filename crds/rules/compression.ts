import type { AnyRule } from './rule.ts';

/** When gradients may leave. */
export const compressionRules: readonly AnyRule[] = [
  {
    at: 'spec.compression',
    field: 'scalerTiming',
    reads: ['codec', 'scaler', 'scalerTiming', 'packing'],
    message:
      "must not be 'delayed' without 'codec: ternary', 'scaler: shared' and a 'packing' other than 'auto': all else waits for what the barrier says",
    holds: (self) =>
      self.scalerTiming === 'current' ||
      (self.codec === 'ternary' && self.scaler === 'shared' && self.packing !== 'auto'),
    cel:
      "self.scalerTiming == 'current' || " +
      "(self.codec == 'ternary' && self.scaler == 'shared' && self.packing != 'auto')",
  },
  {
    at: 'spec',
    field: 'exchange.overlap',
    reads: ['compression.codec', 'compression.scalerTiming', 'exchange.overlap'],
    message:
      "must not be set while gradients wait for scalers or for a choice: take 'compression.scalerTiming: delayed', or 'codec: float16' or 'float32'",
    holds: ({ compression, exchange }) =>
      !exchange.overlap ||
      compression.scalerTiming === 'delayed' ||
      ['float16', 'float32'].includes(compression.codec),
    cel:
      "!self.exchange.overlap || self.compression.scalerTiming == 'delayed' || " +
      "self.compression.codec in ['float16', 'float32']",
  },
];
