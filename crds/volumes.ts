import { z } from 'zod';
import { dnsLabel, dnsSubdomain, filePath, quantity, text } from './scalars.ts';

const MAX_VOLUMES = 32;

const fileMode = () => z.int().min(0).max(0o777);

const items = () =>
  z
    .array(
      z
        .strictObject({
          key: text(253).min(1).describe('Key in the object.'),
          path: filePath().describe('File it becomes, relative to the volume.'),
          mode: fileMode().optional().describe('Permission bits, as a decimal number.'),
        })
        .describe('One file.'),
    )
    .max(64)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('Which keys become files. Without it: all.');

const volumeSchema = z
  .strictObject({
    name: dnsLabel().describe('Name that `volumeMounts` refers to.'),
    configMap: z
      .strictObject({
        name: dnsSubdomain().describe('Name of the ConfigMap.'),
        items: items(),
        defaultMode: fileMode()
          .default(0o644)
          .describe('Permission bits, as a decimal number (420 is 0644).'),
        optional: z.boolean().default(false).describe('Start even if the ConfigMap does not exist.'),
      })
      .optional()
      .describe('Files from a ConfigMap.'),
    secret: z
      .strictObject({
        secretName: dnsSubdomain().describe('Name of the Secret.'),
        items: items(),
        defaultMode: fileMode()
          .default(0o440)
          .describe('Permission bits, as a decimal number (288 is 0440).'),
        optional: z.boolean().default(false).describe('Start even if the Secret does not exist.'),
      })
      .optional()
      .describe('Files from a Secret.'),
    emptyDir: z
      .strictObject({
        medium: z
          .enum(['Memory'])
          .optional()
          .describe('`Memory`: a RAM disk. Without it: the disk of the node.'),
        sizeLimit: quantity().optional().describe('Most it may hold, in bytes.'),
      })
      .optional()
      .describe('An empty directory that lives as long as the pod.'),
    persistentVolumeClaim: z
      .strictObject({
        claimName: dnsSubdomain().describe('Name of the claim, in the namespace of the job.'),
        readOnly: z.boolean().default(false).describe('Mount it read-only.'),
      })
      .optional()
      .describe('A volume that outlives the pod.'),
  })
  .describe('One volume: exactly one of `configMap`, `secret`, `emptyDir`, `persistentVolumeClaim`.');

const volumeMountSchema = z
  .strictObject({
    name: dnsLabel().describe('Name of the volume.'),
    mountPath: filePath().describe('Absolute path in the container.'),
    subPath: filePath().optional().describe('Path inside the volume. Without it: its root.'),
    readOnly: z.boolean().default(false).describe('Mount it read-only.'),
  })
  .describe('One mount.');

/** The fields of `workers.template` about files. Host paths do not exist in it. */
export const volumeFields = {
  volumes: z
    .array(volumeSchema)
    .max(MAX_VOLUMES)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .describe('Volumes that `volumeMounts` can refer to.'),
  volumeMounts: z
    .array(volumeMountSchema)
    .max(MAX_VOLUMES)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['mountPath'] })
    .describe('Where volumes appear in the worker container.'),
} as const;
