import { z } from 'zod';
import { count, text } from './scalars.ts';

export const compressionSchema = z
  .strictObject({
    codec: z
      .enum(['ternary', 'float16', 'float32', 'auto'])
      .default('ternary')
      .describe(
        'How gradients cross the wire. `ternary`: TernGrad, -1/0/+1 times a scaler. `float16` and `float32` go through the same exchange. `auto`: the first steps try each of them on the real network, and the rest use the most exact one that is at most 10 % slower than the fastest.',
      ),
    clip: z
      .number()
      .min(0)
      .default(2.5)
      .describe(
        'Gradients beyond this many standard deviations of their tensor are cut off before ternarizing. 0 is off.',
      ),
    scaler: z
      .enum(['shared', 'local'])
      .default('shared')
      .describe(
        '`shared`: one scaler for all workers, so sums stay integers and are packed (at most 255 workers). `local`: one per worker, sums come back as float32.',
      ),
    scalerTiming: z
      .enum(['current', 'delayed'])
      .default('current')
      .describe(
        '`current`: the shared scaler of the step itself, which all workers wait for. `delayed`: that of the step before, times `scalerMargin`, so that gradients leave without a wait; what exceeds it is cut off. Needs `scaler: shared`.',
      ),
    scalerMargin: z
      .number()
      .min(1)
      .max(4)
      .default(1.2)
      .describe('By how much a delayed scaler is larger than what was measured a step before.'),
    scalerScope: z.enum(['tensor', 'chunk']).default('tensor').describe('What shares one scaler.'),
    packing: z
      .enum(['base3', '2bit', 'entropy', 'auto'])
      .default('base3')
      .describe(
        'Bits per ternary value on the wire: `base3` 1.6, `2bit` 2, `entropy` as few as the values allow (about 1.2, and 1.7 instead of 2.7 for sums of two workers), for processor time: it pays below some hundred Mbit/s. `auto`: the first steps try `base3`, and entropy coding of all payloads or only of those that get shorter by half, on the real network; the rest use the fastest.',
      ),
    exempt: z
      .strictObject({
        belowElements: count()
          .default(1024)
          .describe('Tensors with fewer values than this are not ternarized.'),
        lastLayer: z.boolean().default(false).describe('Do not ternarize the weights of the last layer.'),
        tensors: z
          .array(text(256).min(1))
          .max(256)
          .default([])
          .meta({ 'x-kubernetes-list-type': 'set' })
          .describe('Names of further tensors that are not ternarized, as `terngrad explain` lists them.'),
      })
      .prefault({})
      .describe('Tensors that are sent in `exemptFormat` instead of ternary values.'),
    exemptFormat: z.enum(['float32', 'float16']).default('float32').describe('Format of exempt tensors.'),
    floatEpochs: count()
      .default(0)
      .describe('Every so-many-th epoch is exchanged in float32 instead of ternary. 0 is off.'),
  })
  .prefault({})
  .describe('What is done to gradients before they cross the network.');

export type CompressionSpec = z.output<typeof compressionSchema>;
