import { filledDefault } from './defaults.ts';
import { immutabilityRules, workerImmutabilityRules } from './immutability.ts';
import { API_GROUP, jobSpecSchema, KIND, PLURAL } from './job.ts';
import { MAX_NAME_LENGTH, NAME_PATTERN } from './metadata.ts';
import { rules } from './rules/index.ts';
import { structuralSchema, type SchemaNode } from './schema-tree.ts';
import { statusSchema } from './status.ts';

/** What `kubectl get tgj` shows. Figures are strings in `status.summary`: kubectl prints numbers unrounded. */
const printerColumns = [
  { name: 'State', type: 'string', jsonPath: '.status.state' },
  {
    name: 'Workers',
    type: 'string',
    jsonPath: '.status.summary.workers',
    description: 'Ready and wanted workers',
  },
  { name: 'Step', type: 'string', jsonPath: '.status.summary.step' },
  { name: 'Progress', type: 'string', jsonPath: '.status.summary.progress' },
  { name: 'ETA', type: 'string', jsonPath: '.status.summary.eta' },
  { name: 'Loss', type: 'string', jsonPath: '.status.summary.loss' },
  {
    name: 'Throughput',
    type: 'string',
    jsonPath: '.status.summary.throughput',
    description: 'Examples per second',
  },
  {
    name: 'Saved',
    type: 'string',
    jsonPath: '.status.summary.saved',
    description: 'Share of the gradient bytes that compression saved',
  },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'Restarts', type: 'integer', jsonPath: '.status.restarts', priority: 1 },
  { name: 'Generation', type: 'integer', jsonPath: '.status.generation', priority: 1 },
];

/** The CustomResourceDefinition, as an object ready for YAML. */
export function customResourceDefinition(): Record<string, unknown> {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${API_GROUP}` },
    spec: {
      group: API_GROUP,
      scope: 'Namespaced',
      names: {
        kind: KIND,
        listKind: `${KIND}List`,
        plural: PLURAL,
        singular: 'terngradjob',
        shortNames: ['tgj'],
      },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.workers.replicas',
              statusReplicasPath: '.status.workers',
              labelSelectorPath: '.status.selector',
            },
          },
          additionalPrinterColumns: printerColumns,
          schema: { openAPIV3Schema: openApiSchema() },
        },
      ],
    },
  };
}

/** The structural schema of the whole object. */
export function openApiSchema(): SchemaNode {
  const spec = structuralSchema(jobSpecSchema);
  addDefaultsToDescriptions(spec);
  fillBlockDefaults(spec);
  addRules(spec);
  return {
    description: 'A training job: N workers train one model and exchange ternary gradients.',
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: 'Version of the API.' },
      kind: { type: 'string', description: 'TernGradJob.' },
      metadata: { type: 'object' },
      spec,
      status: structuralSchema(statusSchema),
    },
    'x-kubernetes-validations': [
      {
        rule: `self.metadata.name.size() <= ${MAX_NAME_LENGTH} && self.metadata.name.matches('${NAME_PATTERN.source}')`,
        message: `metadata.name must be at most ${MAX_NAME_LENGTH} lower case letters, digits and dashes, and start with a letter: pods and Services are named after it`,
      },
    ],
  };
}

function addRules(spec: SchemaNode): void {
  for (const { at, field, message, cel } of rules) {
    if (cel === undefined) continue;
    const validation = { rule: cel, message };
    append(placeOf(spec, at), field === '' ? validation : { ...validation, fieldPath: `.${field}` });
  }
  const workers = placeOf(spec, 'spec.workers');
  for (const validation of immutabilityRules(spec)) append(spec, validation);
  for (const validation of workerImmutabilityRules(workers)) append(workers, validation);
}

function append(
  node: SchemaNode,
  validation: NonNullable<SchemaNode['x-kubernetes-validations']>[number],
): void {
  (node['x-kubernetes-validations'] ??= []).push(validation);
}

/** The node that a rule hangs on; `[]` goes into the items of a list. */
function placeOf(spec: SchemaNode, place: string): SchemaNode {
  let node: SchemaNode | undefined = spec;
  for (const segment of place.split('.').slice(1)) {
    const child: SchemaNode | undefined = node?.properties?.[segment.replace('[]', '')];
    node = segment.endsWith('[]') ? child?.items : child;
  }
  if (node === undefined) throw new Error(`rules/: the schema has no ${place}`);
  return node;
}

/** `kubectl explain` shows no defaults, so they are said in the description. */
function addDefaultsToDescriptions(node: SchemaNode): void {
  for (const child of Object.values(node.properties ?? {})) addDefaultsToDescriptions(child);
  if (node.items !== undefined) addDefaultsToDescriptions(node.items);
  if (node.default === undefined || node.type === 'object' || node.description === undefined) return;
  node.description += ` Default: ${JSON.stringify(node.default)}.`;
}

/**
 * The server runs the CEL rules on the default of a block before it fills in the defaults below it, and refuses
 * the CRD if a rule finds a field missing there. So the default of a block is written out.
 */
function fillBlockDefaults(node: SchemaNode): void {
  const filled = filledDefault(node);
  if (filled !== undefined) node.default = filled;
  for (const child of Object.values(node.properties ?? {})) fillBlockDefaults(child);
  if (node.items !== undefined) fillBlockDefaults(node.items);
}
