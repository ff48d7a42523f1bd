import { z } from 'zod';
import { podTemplateSchema } from './pod-template.ts';
import { seconds } from './scalars.ts';

/** Every worker keeps a stream to every other one; beyond this a star or a tree would be needed. */
export const MAX_REPLICAS = 1024;

const replicaCount = () => z.int().min(1).max(MAX_REPLICAS);

export const workersSchema = z
  .strictObject({
    replicas: replicaCount()
      .default(1)
      .describe(
        'Number of workers. May be changed while the job runs if `elastic` is set, within its bounds.',
      ),
    elastic: z
      .strictObject({
        minReplicas: replicaCount().describe('Fewest workers to go on with.'),
        maxReplicas: replicaCount().describe('Most workers.'),
        graceSeconds: seconds()
          .default(30)
          .describe('Seconds the others wait for a lost worker before they go on without it.'),
      })
      .optional()
      .describe(
        'Lets the job go on with fewer workers, and grow and shrink. Without it a lost worker pauses the job until its replacement has caught up.',
      ),
    gpusPerWorker: z.int().min(0).max(16).default(0).describe('GPUs of one worker.'),
    backend: z
      .enum(['auto', 'native', 'wasm', 'cpu'])
      .default('auto')
      .describe(
        'What computes: `native` (TensorFlow), `wasm` (SIMD), `cpu` (plain JavaScript, slow). `auto` takes the fastest that works.',
      ),
    threads: z.int().min(1).max(256).default(1).describe('Compute threads of one worker, for `native`.'),
    template: podTemplateSchema.optional(),
  })
  .prefault({})
  .describe('How many workers, and what they run on.');

export type WorkersSpec = z.output<typeof workersSchema>;
export type WorkerBackend = WorkersSpec['backend'];
