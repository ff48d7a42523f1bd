import type { WorkersSpec } from '../../../crds/workers.ts';

/** Whole GPUs, as the device plugin advertises them; a MIG profile is `nvidia.com/mig-<profile>`. */
const GPU_RESOURCE = 'nvidia.com/gpu';
const VENDOR_RESOURCES = 'nvidia.com/';

type Quantities = Readonly<Record<string, string>>;

/** Whether a worker gets devices of this vendor: by the shorthand, or by a MIG profile or the like in the template. */
export function usesGpus({ gpusPerWorker, template }: WorkersSpec): boolean {
  const { requests = {}, limits = {} } = template?.resources ?? {};
  const names = [...Object.keys(requests), ...Object.keys(limits)];
  return gpusPerWorker > 0 || names.some((name) => name.startsWith(VENDOR_RESOURCES));
}

/** What `gpusPerWorker` stands for. Extended resources are never overcommitted: the request equals the limit. */
export function gpuQuantities(gpusPerWorker: number): Quantities {
  return gpusPerWorker === 0 ? {} : { [GPU_RESOURCE]: String(gpusPerWorker) };
}

/** GPU nodes are commonly tainted so that nothing else settles there. */
export const GPU_TOLERATION = { key: GPU_RESOURCE, operator: 'Exists', effect: 'NoSchedule' } as const;

/**
 * The device plugin sets this variable in pods that asked for a device. Where it is not set, CUDA images ask for
 * `all`, and some container runtimes then show every GPU of the node to a pod that was promised none.
 */
export const NO_GPU_VARIABLE = { name: 'NVIDIA_VISIBLE_DEVICES', value: 'void' } as const;
