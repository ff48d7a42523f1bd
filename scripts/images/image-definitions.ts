import { join } from 'node:path';
import { NON_ROOT } from './debian-base.ts';
import { folderEntries } from './folder-entries.ts';
import type { ContainerDefaults } from './image-archive.ts';
import type { LayerEntry } from './layer-entry.ts';
import { nativeFiles, nvidiaFiles } from './native-files.ts';
import { packageFiles } from './package-files.ts';
import { HOME, programFiles } from './program-files.ts';

export interface ImageDefinition {
  readonly description: string;
  readonly program: string;
  /** Of Node.js, before the program. */
  readonly nodeFlags?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Of the compressed layers; what exceeds it fails the build. */
  readonly maximumMegabytes?: number;
  /** What lies above Node.js, by name; what changes rarely comes first, so that nodes which have it need not pull it. */
  readonly layers: Readonly<Record<string, (from: Sources) => Promise<readonly LayerEntry[]>>>;
}

export interface Sources {
  /** The checkout, with node_modules and dist/. */
  readonly root: string;
  readonly cache: string;
}

/**
 * A process in a container sees the GPUs that its pod asked for: NVIDIA's device plugin replaces the value. Without
 * this line, a pod that asked for none would see all of its node where that is the default.
 */
const NO_GPUS_UNASKED = { NVIDIA_VISIBLE_DEVICES: 'void' };
const NO_PACKAGES = /^$/;

const trainerLayers = {
  packages: ({ root }: Sources) => Promise.resolve(packageFiles(root)),
  program: async ({ root }: Sources) => [
    ...(await programFiles(root, ['worker.js', 'compute.js'], NO_PACKAGES)),
    ...folderEntries(join(root, 'examples'), (path) => `${HOME}/examples/${path}`),
  ],
};

export const IMAGES: Readonly<Record<string, ImageDefinition>> = {
  operator: {
    description: 'Kubernetes operator for TernGradJobs',
    program: 'operator.js',
    // Most of what it allocates dies at once; V8 would let the young generation grow to tens of MB before it looks.
    nodeFlags: ['--max-semi-space-size=1'],
    // One heap for all threads: they allocate little at once, and glibc would keep one for each.
    env: { ...NO_GPUS_UNASKED, MALLOC_ARENA_MAX: '1' },
    maximumMegabytes: 60,
    layers: { program: ({ root }) => programFiles(root, ['operator.js'], NO_PACKAGES) },
  },
  trainer: {
    description: 'Worker of a TernGradJob, on processors',
    program: 'worker.js',
    env: NO_GPUS_UNASKED,
    layers: {
      packages: trainerLayers.packages,
      native: ({ root, cache }) => nativeFiles(root, cache, 'tensorflow-cpu'),
      program: trainerLayers.program,
    },
  },
  'trainer-gpu': {
    description: "Worker of a TernGradJob, on NVIDIA's GPUs",
    program: 'worker.js',
    // The kernels that the driver compiles at the first start; /tmp is the one place that a worker may write to.
    env: {
      ...NO_GPUS_UNASKED,
      NVIDIA_DRIVER_CAPABILITIES: 'compute,utility',
      CUDA_CACHE_PATH: '/tmp/cuda-cache',
    },
    layers: {
      nvidia: ({ cache }) => nvidiaFiles(cache),
      packages: trainerLayers.packages,
      native: ({ root, cache }) => nativeFiles(root, cache, 'tensorflow'),
      program: trainerLayers.program,
    },
  },
};

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function containerDefaults(name: string, image: ImageDefinition, version: string): ContainerDefaults {
  const env = { PATH, NODE_ENV: 'production', ...image.env };
  return {
    User: `${NON_ROOT}:${NON_ROOT}`,
    Env: Object.entries(env).map(([variable, value]) => `${variable}=${value}`),
    Entrypoint: ['node', ...(image.nodeFlags ?? []), `/${HOME}/${image.program}`],
    WorkingDir: `/${HOME}`,
    StopSignal: 'SIGTERM',
    Labels: {
      'org.opencontainers.image.title': `terngrad-${name}`,
      'org.opencontainers.image.description': image.description,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
  };
}
