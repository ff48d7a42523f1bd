import { z } from 'zod';
import { dnsLabel, dnsSubdomain, quantity, seconds, text } from './scalars.ts';
import { schedulingFields } from './scheduling.ts';
import { labelMap, stringMap } from './selectors.ts';
import { volumeFields } from './volumes.ts';

const resourceMap = () => stringMap(quantity());

const envSchema = z
  .strictObject({
    name: text(256)
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
        error: 'must be letters, digits and underscores, and not start with a digit',
      })
      .describe('Variable name. Names that start with `TERNGRAD_` are ours.'),
    value: text(32_768).optional().describe('Literal value; nothing is expanded in it.'),
    valueFrom: z
      .strictObject({
        secretKeyRef: z
          .strictObject({
            name: dnsSubdomain().describe('Name of the Secret.'),
            key: text(253).min(1).describe('Key in the Secret.'),
          })
          .describe('A key of a Secret in the namespace of the job.'),
      })
      .optional()
      .describe('Where the value comes from.'),
  })
  .describe('One variable: exactly one of `value` and `valueFrom`.');

const resourceClaimSchema = z
  .strictObject({
    name: dnsLabel().describe('Name of the claim within the pod.'),
    resourceClaimName: dnsSubdomain().optional().describe('An existing ResourceClaim.'),
    resourceClaimTemplateName: dnsSubdomain()
      .optional()
      .describe('A template that every worker gets a claim from.'),
  })
  .describe('One claim: exactly one of `resourceClaimName` and `resourceClaimTemplateName`.');

/**
 * Our own closed subset of a pod template, written field by field: what a worker must not have
 * (host paths, privileges, a service account, other containers) does not exist in it.
 */
export const podTemplateSchema = z
  .strictObject({
    labels: labelMap()
      .optional()
      .describe('Further labels of the pods. Keys under `terngrad.dev/` are ours.'),
    annotations: stringMap(text(262_144))
      .optional()
      .describe('Further annotations of the pods. Keys under `terngrad.dev/` are ours.'),
    image: text(512)
      .min(1)
      .optional()
      .describe('Worker image. Without it: the one the operator was installed with.'),
    imagePullPolicy: z
      .enum(['Always', 'IfNotPresent', 'Never'])
      .optional()
      .describe('When the image is pulled. Without it: as Kubernetes decides from the tag.'),
    imagePullSecrets: z
      .array(z.strictObject({ name: dnsSubdomain().describe('Name of the Secret.') }).describe('One Secret.'))
      .max(16)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
      .describe('Secrets with registry credentials.'),
    resources: z
      .strictObject({
        requests: resourceMap().optional().describe('What a worker is promised.'),
        limits: resourceMap().optional().describe('What a worker may not exceed.'),
        claims: z
          .array(
            z.strictObject({ name: dnsLabel().describe('Name in `resourceClaims`.') }).describe('One claim.'),
          )
          .max(16)
          .optional()
          .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
          .describe('Claims of `resourceClaims` that the worker container uses.'),
      })
      .optional()
      .describe('CPU, memory and devices of a worker. GPUs are asked for by `workers.gpusPerWorker`.'),
    ...schedulingFields,
    env: z
      .array(envSchema)
      .max(128)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
      .describe('Environment variables of the workers.'),
    ...volumeFields,
    resourceClaims: z
      .array(resourceClaimSchema)
      .max(16)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
      .describe('Devices by dynamic resource allocation.'),
    terminationGracePeriodSeconds: seconds()
      .optional()
      .describe(
        'Seconds a worker has to save its state when it is asked to stop. Without it: 30, and 120 for rank 0 of a job with checkpoints.',
      ),
  })
  .describe('What the worker pods look like: a closed subset of a pod template. Cluster only.');

export type PodTemplate = z.output<typeof podTemplateSchema>;
