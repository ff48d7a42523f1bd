import { z } from 'zod';
import { dnsSubdomain, filePath } from './scalars.ts';

const builtInPrograms = ['lenet', 'mlp', 'cifarnet', 'logistic'] as const;

export const programSchema = z
  .strictObject({
    name: z
      .enum(builtInPrograms)
      .optional()
      .describe(
        'A built-in program: `lenet` and `mlp` and `logistic` (MNIST), `cifarnet` (CIFAR-10). Exactly one of `name` and `path`.',
      ),
    path: filePath()
      .optional()
      .describe(
        'Your own ES module that gives model, data and loss. Relative to the YAML file; in a pod, to the mounted ConfigMap, a volume or the image. Exactly one of `name` and `path`.',
      ),
    configMap: z
      .strictObject({
        name: dnsSubdomain().describe('Name of the ConfigMap, in the namespace of the job.'),
      })
      .optional()
      .describe('A ConfigMap that is mounted and holds the file at `path`. Cluster only.'),
    parameters: z
      .record(z.string(), z.unknown())
      .default({})
      .meta({ 'x-kubernetes-preserve-unknown-fields': true })
      .describe('Free-form settings, handed to the program as they are. Any YAML map.'),
  })
  .describe('What is trained: the model, its loss, and the data it wants by default.');

export type ProgramSpec = z.output<typeof programSchema>;
