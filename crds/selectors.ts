import { z } from 'zod';
import { text } from './scalars.ts';

/** Bounds of the lists in scheduling constraints. Far above use; they keep the CRD structural checks cheap. */
const MAX_EXPRESSIONS = 16;
const MAX_VALUES = 64;

export const labelKey = () => text(317).min(1);
export const labelValue = () => text(63);

/** A requirement on labels, as in every Kubernetes selector. `Gt` and `Lt` exist for nodes only. */
const requirement = <const Operators extends readonly [string, ...string[]]>(operators: Operators) =>
  z
    .strictObject({
      key: labelKey().describe('Label key.'),
      operator: z.enum(operators).describe('How the label is compared.'),
      values: z
        .array(labelValue().describe('One value.'))
        .max(MAX_VALUES)
        .optional()
        .meta({ 'x-kubernetes-list-type': 'atomic' })
        .describe('Values to compare with. Empty for `Exists` and `DoesNotExist`.'),
    })
    .describe('One requirement.');

const requirements = <const Operators extends readonly [string, ...string[]]>(operators: Operators) =>
  z
    .array(requirement(operators))
    .max(MAX_EXPRESSIONS)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'atomic' });

/** Most entries of a label or annotation map. */
const MAX_ENTRIES = 64;

/** A map of at most 64 strings. Zod has no bound on records, so the CRD's `maxProperties` and the check stand together. */
export const stringMap = <Value extends z.ZodType>(value: Value) =>
  z
    .record(labelKey(), value)
    .refine((map) => Object.keys(map).length <= MAX_ENTRIES, {
      error: `must have at most ${MAX_ENTRIES} entries`,
    })
    .meta({ maxProperties: MAX_ENTRIES });

export const labelMap = () => stringMap(labelValue());

export const labelSelector = () =>
  z
    .strictObject({
      matchLabels: labelMap().optional().describe('Labels that must have exactly these values.'),
      matchExpressions: requirements(['In', 'NotIn', 'Exists', 'DoesNotExist']).describe(
        'Requirements that must all hold.',
      ),
    })
    .optional();

export const nodeSelectorTerm = () =>
  z
    .strictObject({
      matchExpressions: requirements(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']).describe(
        'Requirements on node labels that must all hold.',
      ),
      matchFields: requirements(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']).describe(
        'Requirements on node fields (`metadata.name`) that must all hold.',
      ),
    })
    .describe('One term: all its requirements must hold.');
