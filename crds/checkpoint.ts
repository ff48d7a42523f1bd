import { z } from 'zod';
import { count, dnsSubdomain, filePath, positiveCount } from './scalars.ts';

export const checkpointSchema = z
  .strictObject({
    directory: filePath().describe('Directory the checkpoints are written to.'),
    volumeClaim: dnsSubdomain()
      .optional()
      .describe(
        'PersistentVolumeClaim that is mounted at `directory`. Without it a checkpoint lives as long as the pod. Cluster only.',
      ),
    everySteps: count().default(0).describe('Steps between checkpoints. 0: not by steps.'),
    everySeconds: count().default(600).describe('Seconds between checkpoints. 0: not by time.'),
    keep: positiveCount()
      .max(1000)
      .default(3)
      .describe('Newest checkpoints that are kept; older ones are deleted.'),
    resumeFrom: filePath()
      .optional()
      .describe('Checkpoint of another job to start from. Its model must have the same signature.'),
  })
  .describe('Saving the state of training, so that a job can go on after an interruption.');

export const outputSchema = z
  .strictObject({
    path: filePath().describe('File (`safetensors`) or directory (`tfjs`) the trained model is written to.'),
    format: z
      .enum(['safetensors', 'tfjs'])
      .default('safetensors')
      .describe('`safetensors`: weights alone. `tfjs`: a LayersModel that tfjs loads.'),
  })
  .describe('Where the trained model goes. Written by rank 0 at the end.');

export type CheckpointSpec = z.output<typeof checkpointSchema>;
export type OutputSpec = z.output<typeof outputSchema>;
