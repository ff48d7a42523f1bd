import { z } from 'zod';
import { dnsSubdomain, positiveCount, seconds, text } from './scalars.ts';
import { labelKey, labelMap, labelSelector, labelValue, nodeSelectorTerm } from './selectors.ts';

/** Terms of one kind in an affinity. */
const MAX_TERMS = 16;

const atomicList = { 'x-kubernetes-list-type': 'atomic' } as const;
const weight = () => z.int().min(1).max(100).describe('Weight from 1 to 100.');

const podAffinityTerm = () =>
  z
    .strictObject({
      labelSelector: labelSelector().describe('Which pods.'),
      namespaces: z
        .array(text(63).min(1).describe('One namespace.'))
        .max(MAX_TERMS)
        .optional()
        .meta(atomicList)
        .describe('Namespaces of those pods. Without it: that of the job.'),
      topologyKey: labelKey().describe('Node label that says what counts as the same place.'),
    })
    .describe('One term.');

const podAffinity = () =>
  z
    .strictObject({
      requiredDuringSchedulingIgnoredDuringExecution: z
        .array(podAffinityTerm())
        .max(MAX_TERMS)
        .optional()
        .meta(atomicList)
        .describe('Terms that must all hold.'),
      preferredDuringSchedulingIgnoredDuringExecution: z
        .array(
          z
            .strictObject({ weight: weight(), podAffinityTerm: podAffinityTerm().describe('The term.') })
            .describe('One preference.'),
        )
        .max(MAX_TERMS)
        .optional()
        .meta(atomicList)
        .describe('Terms that are preferred.'),
    })
    .optional();

const affinitySchema = z
  .strictObject({
    nodeAffinity: z
      .strictObject({
        requiredDuringSchedulingIgnoredDuringExecution: z
          .strictObject({
            nodeSelectorTerms: z
              .array(nodeSelectorTerm())
              .min(1)
              .max(MAX_TERMS)
              .meta(atomicList)
              .describe('Terms of which one must hold.'),
          })
          .optional()
          .describe('What a node must have.'),
        preferredDuringSchedulingIgnoredDuringExecution: z
          .array(
            z
              .strictObject({ weight: weight(), preference: nodeSelectorTerm().describe('The term.') })
              .describe('One preference.'),
          )
          .max(MAX_TERMS)
          .optional()
          .meta(atomicList)
          .describe('What a node should have.'),
      })
      .optional()
      .describe('Which nodes.'),
    podAffinity: podAffinity().describe('Near which pods.'),
    podAntiAffinity: podAffinity().describe('Away from which pods.'),
  })
  .describe('Placement relative to nodes and pods, as in a pod.');

const tolerationSchema = z
  .strictObject({
    key: text(317).optional().describe('Taint key. Without it: every key, with `operator: Exists`.'),
    operator: z.enum(['Exists', 'Equal']).default('Equal').describe('How the taint is compared.'),
    value: labelValue().optional().describe('Taint value, for `Equal`.'),
    effect: z
      .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
      .optional()
      .describe('Taint effect. Without it: every effect.'),
    tolerationSeconds: seconds()
      .optional()
      .describe('Seconds a `NoExecute` taint is tolerated. Without it: for ever.'),
  })
  .describe('One toleration.');

const topologySpreadConstraintSchema = z
  .strictObject({
    maxSkew: positiveCount().describe('Allowed difference of pod counts between two places.'),
    topologyKey: labelKey().describe('Node label that says what counts as the same place.'),
    whenUnsatisfiable: z
      .enum(['DoNotSchedule', 'ScheduleAnyway'])
      .describe('Whether the constraint is hard.'),
    labelSelector: labelSelector().describe('Which pods are counted. Without it: the workers of the job.'),
    minDomains: positiveCount().optional().describe('Least number of places, for `DoNotSchedule`.'),
    nodeAffinityPolicy: z
      .enum(['Honor', 'Ignore'])
      .optional()
      .describe('Whether node affinity limits the places.'),
    nodeTaintsPolicy: z.enum(['Honor', 'Ignore']).optional().describe('Whether taints limit the places.'),
  })
  .describe('One constraint.');

/** The fields of `workers.template` that say where a pod runs. */
export const schedulingFields = {
  nodeSelector: labelMap().optional().describe('Node labels that a node must have.'),
  tolerations: z
    .array(tolerationSchema)
    .max(32)
    .optional()
    .meta(atomicList)
    .describe('Taints that the workers tolerate.'),
  affinity: affinitySchema.optional(),
  topologySpreadConstraints: z
    .array(topologySpreadConstraintSchema)
    .max(16)
    .optional()
    .meta(atomicList)
    .describe('How workers are spread over places.'),
  priorityClassName: dnsSubdomain().optional().describe('PriorityClass of the pods.'),
  runtimeClassName: dnsSubdomain().optional().describe('RuntimeClass of the pods.'),
  schedulerName: dnsSubdomain().optional().describe('Scheduler of the pods. Without it: the default one.'),
} as const;
