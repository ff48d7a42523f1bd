import { z } from 'zod';
import { checkpointSchema, outputSchema } from './checkpoint.ts';
import { compressionSchema } from './compression.ts';
import { dataSchema, type DataSpec } from './data.ts';
import { exchangeSchema } from './exchange.ts';
import { gangSchema } from './gang.ts';
import { metadataSchema, type JobMetadata } from './metadata.ts';
import { lifecycleFields } from './policies.ts';
import { programSchema } from './program.ts';
import { smoothOutSchema } from './smooth-out.ts';
import { trainingSchema } from './training.ts';
import { workersSchema } from './workers.ts';

export const API_GROUP = 'terngrad.dev';
export const API_VERSION = 'terngrad.dev/v1alpha1';
export const KIND = 'TernGradJob';
export const PLURAL = 'terngradjobs';

export const jobSpecSchema = z
  .strictObject({
    workers: workersSchema,
    program: programSchema,
    data: dataSchema,
    training: trainingSchema,
    compression: compressionSchema,
    smoothOut: smoothOutSchema,
    exchange: exchangeSchema,
    tls: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe('Mutual TLS between workers. Turning it off is shown as a condition of the job.'),
      })
      .prefault({})
      .describe('Encryption and identity on the wire.'),
    checkpoint: checkpointSchema.optional(),
    output: outputSchema.optional(),
    ...lifecycleFields,
    gang: gangSchema.optional(),
  })
  .describe(
    'What the job is to do. Only `workers.replicas` (within `workers.elastic`) and `suspend` can be changed.',
  );

export const jobSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(KIND),
  metadata: metadataSchema,
  spec: jobSpecSchema,
});

/** A job as a user writes it: what has a default may be left out. */
export type TernGradJob = z.input<typeof jobSchema>;

/** The spec with every default filled in. */
export type JobSpec = Omit<z.output<typeof jobSpecSchema>, 'data'> & { data: DataSpec };

export interface ResolvedJob {
  apiVersion: typeof API_VERSION;
  kind: typeof KIND;
  metadata: JobMetadata;
  spec: JobSpec;
}
