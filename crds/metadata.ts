import { z } from 'zod';
import { labelMap } from './selectors.ts';

/** Longest job name: it is the value of a label. Names that derive from it and must be shorter are cut there. */
export const MAX_NAME_LENGTH = 63;

/** A DNS label that starts with a letter, as the names of Services must. */
export const NAME_PATTERN = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** Written by the API server; in a file they come from `kubectl get -o yaml` and mean nothing to us. */
export const serverMetadataFields = [
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generateName',
  'generation',
  'managedFields',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
] as const;

/** The object metadata we read. The API server checks it itself, so it is not part of the CRD's schema. */
export const metadataSchema = z.strictObject({
  name: z
    .string()
    .max(MAX_NAME_LENGTH)
    .regex(NAME_PATTERN, {
      error: 'must be lower case letters, digits and dashes, and start with a letter',
    })
    .describe('Name of the job: a DNS label of at most 63 characters that starts with a letter.'),
  namespace: z
    .string()
    .max(63)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, { error: 'must be lower case letters, digits and dashes' })
    .default('default')
    .describe('Namespace of the job.'),
  uid: z.string().min(1).max(128).optional().describe('Given by the API server.'),
  labels: labelMap().optional().describe('Labels of the job.'),
  annotations: z.record(z.string().max(317), z.string()).optional().describe('Annotations of the job.'),
});

export type JobMetadata = z.output<typeof metadataSchema>;
