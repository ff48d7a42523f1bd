import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Pod } from './objects.ts';

const STATE = '/var/lib/terngrad-cluster';

/** Whether the cluster is the one of test/cluster, on this computer, so that its containers can be killed. */
export function isOurCluster(): boolean {
  return process.env['KUBECONFIG']?.startsWith(STATE) === true && existsSync(STATE);
}

/** SIGKILL to the first process of the pod's container, as the kernel does when memory runs out. */
export function killContainer({ metadata, spec, status }: Pod): void {
  const container = status.containerStatuses?.[0]?.containerID?.replace('containerd://', '');
  if (container === undefined || spec.nodeName === undefined) {
    throw new Error(`${metadata.name} has no running container to kill`);
  }
  const socket = `${STATE}/${spec.nodeName}/containerd.sock`;
  execFileSync('ctr', ['-a', socket, '-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', container]);
}
