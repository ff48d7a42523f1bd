import type { PodTemplate } from '../pod-template.ts';
import type { AnyRule } from './rule.ts';

/** Label, annotation and variable names under these prefixes are written by the operator. */
const OUR_KEYS = 'terngrad.dev/';
const OUR_VARIABLES = 'TERNGRAD_';
/** Which devices a container sees is said by these, and by the node alone. */
const DEVICE_VARIABLES = 'NVIDIA_';
const OUR_VOLUMES = 'terngrad-';
const GPU_RESOURCE = 'nvidia.com/gpu';
/**
 * What a worker needs where it is: its certificate and job file, the programs of the image, the word it leaves at its
 * end. Also refused: relative paths, and `:`, which container runtimes do not take.
 */
const UNMOUNTABLE = String.raw`^([^/].*|.*:.*|/+|/etc/*|/etc/terngrad(/.*)?|/opt/*|/opt/terngrad/*|/dev(/.*)?)$`;

const noneOfOurs = (map: Record<string, string> | undefined) =>
  Object.keys(map ?? {}).every((key) => !key.startsWith(OUR_KEYS));

const unmountable = new RegExp(UNMOUNTABLE);

const asksForGpus = (resources: PodTemplate['resources'] = {}) =>
  [resources.requests, resources.limits].some((quantities) => GPU_RESOURCE in (quantities ?? {}));

/** What the closed subset of a pod template says with several optional fields where Kubernetes has a union. */
export const templateRules: readonly AnyRule[] = [
  {
    at: 'spec.workers.template',
    field: 'labels',
    reads: ['labels'],
    message: `must not have keys under '${OUR_KEYS}': the operator writes those`,
    holds: (self) => noneOfOurs(self.labels),
    cel: `!has(self.labels) || self.labels.all(key, !key.startsWith('${OUR_KEYS}'))`,
  },
  {
    at: 'spec.workers.template',
    field: 'annotations',
    reads: ['annotations'],
    message: `must not have keys under '${OUR_KEYS}': the operator writes those`,
    holds: (self) => noneOfOurs(self.annotations),
    cel: `!has(self.annotations) || self.annotations.all(key, !key.startsWith('${OUR_KEYS}'))`,
  },
  {
    at: 'spec.workers.template.env[]',
    field: 'name',
    reads: ['name'],
    message: `must not start with '${OUR_VARIABLES}': the operator writes those`,
    holds: (self) => !self.name.startsWith(OUR_VARIABLES),
    cel: `!self.name.startsWith('${OUR_VARIABLES}')`,
  },
  {
    at: 'spec.workers.template.env[]',
    field: 'name',
    reads: ['name'],
    message: `must not start with '${DEVICE_VARIABLES}': GPUs are asked for by 'workers.gpusPerWorker'`,
    holds: (self) => !self.name.startsWith(DEVICE_VARIABLES),
    cel: `!self.name.startsWith('${DEVICE_VARIABLES}')`,
  },
  {
    at: 'spec.workers.template.env[]',
    field: '',
    reads: ['value', 'valueFrom'],
    message: "must have exactly one of 'value' and 'valueFrom'",
    holds: (self) => (self.value === undefined) !== (self.valueFrom === undefined),
    cel: 'has(self.value) != has(self.valueFrom)',
  },
  {
    at: 'spec.workers.template.volumes[]',
    field: 'name',
    reads: ['name'],
    message: `must not start with '${OUR_VOLUMES}': the operator adds those`,
    holds: (self) => !self.name.startsWith(OUR_VOLUMES),
    cel: `!self.name.startsWith('${OUR_VOLUMES}')`,
  },
  {
    at: 'spec.workers.template.volumes[]',
    field: '',
    reads: ['configMap', 'secret', 'emptyDir', 'persistentVolumeClaim'],
    message: "must have exactly one of 'configMap', 'secret', 'emptyDir' and 'persistentVolumeClaim'",
    holds: ({ configMap, secret, emptyDir, persistentVolumeClaim }) =>
      [configMap, secret, emptyDir, persistentVolumeClaim].filter((source) => source !== undefined).length ===
      1,
    cel: '[has(self.configMap), has(self.secret), has(self.emptyDir), has(self.persistentVolumeClaim)].filter(given, given).size() == 1',
  },
  {
    at: 'spec.workers.template.resourceClaims[]',
    field: '',
    reads: ['resourceClaimName', 'resourceClaimTemplateName'],
    message: "must have exactly one of 'resourceClaimName' and 'resourceClaimTemplateName'",
    holds: (self) =>
      (self.resourceClaimName === undefined) !== (self.resourceClaimTemplateName === undefined),
    cel: 'has(self.resourceClaimName) != has(self.resourceClaimTemplateName)',
  },
  {
    at: 'spec.workers.template',
    field: 'volumeMounts',
    reads: ['volumeMounts', 'volumes'],
    message: "must name only entries of 'volumes'",
    holds: ({ volumes, volumeMounts }) =>
      (volumeMounts ?? []).every((mount) => (volumes ?? []).some((volume) => volume.name === mount.name)),
    cel: '!has(self.volumeMounts) || self.volumeMounts.all(mount, has(self.volumes) && self.volumes.exists(volume, volume.name == mount.name))',
  },
  {
    at: 'spec.workers.template',
    field: 'volumeMounts',
    reads: ['volumeMounts'],
    message:
      "must have a 'mountPath' that is absolute, without ':', and none of '/', '/etc', '/opt', '/opt/terngrad', nor in '/etc/terngrad' or '/dev': workers have files of their own there",
    holds: ({ volumeMounts }) => !(volumeMounts ?? []).some(({ mountPath }) => unmountable.test(mountPath)),
    cel: `!has(self.volumeMounts) || !self.volumeMounts.exists(mount, mount.mountPath.matches('${UNMOUNTABLE}'))`,
  },
  {
    at: 'spec.workers.template',
    field: 'resources',
    reads: ['resources'],
    message: `must not name '${GPU_RESOURCE}': whole GPUs are asked for by 'workers.gpusPerWorker'`,
    holds: ({ resources }) => !asksForGpus(resources),
    cel: `!has(self.resources) || [has(self.resources.requests) && '${GPU_RESOURCE}' in self.resources.requests, has(self.resources.limits) && '${GPU_RESOURCE}' in self.resources.limits].all(asked, !asked)`,
  },
  {
    at: 'spec.workers.template',
    field: 'resources.claims',
    reads: ['resources.claims', 'resourceClaims'],
    message: "must name only entries of 'resourceClaims'",
    holds: ({ resources, resourceClaims }) =>
      (resources?.claims ?? []).every((used) =>
        (resourceClaims ?? []).some((claim) => claim.name === used.name),
      ),
    cel: '!has(self.resources) || !has(self.resources.claims) || self.resources.claims.all(used, has(self.resourceClaims) && self.resourceClaims.exists(claim, claim.name == used.name))',
  },
];
