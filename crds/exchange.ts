import { z } from 'zod';
import { seconds } from './scalars.ts';

/** Values per block of the flat vector; a chunk is a whole number of blocks. */
const BLOCK_VALUES = 80;

export const exchangeSchema = z
  .strictObject({
    chunkValues: z
      .int()
      .min(BLOCK_VALUES)
      .max(80_000_000)
      .multipleOf(BLOCK_VALUES)
      .optional()
      .describe(
        'Gradient values per message, a multiple of 80. Without it: chosen from the size of the model.',
      ),
    overlap: z
      .boolean()
      .default(false)
      .describe(
        "Send each tensor's gradient while those of the layers before it are still being computed. Needs a codec that waits for nobody: `float16`, `float32`, or `ternary` with `scalerTiming: delayed`.",
      ),
    stepDeadlineSeconds: seconds()
      .default(60)
      .describe(
        'Seconds a worker waits for its peers within one step before it gives up. Must cover the slowest step.',
      ),
    formationSeconds: seconds()
      .default(120)
      .describe('Seconds rank 0 waits for all workers to join, and workers for rank 0 to answer.'),
    peerLossSeconds: seconds()
      .default(15)
      .describe('Seconds of silence on the wire after which a peer counts as lost.'),
    recoverySeconds: seconds()
      .default(600)
      .describe(
        'Seconds the workers that are left wait for the replacement of a lost one, with their state, before they end.',
      ),
  })
  .prefault({})
  .describe('How workers exchange gradients, and how long they wait for each other.');

export type ExchangeSpec = z.output<typeof exchangeSchema>;
