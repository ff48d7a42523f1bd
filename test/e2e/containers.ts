import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Pod } from './objects.ts';

const STATE = '/var/lib/terngrad-cluster';

/** Whether the cluster is the one of test/cluster, on this computer, so that its containers can be killed. */
export function isOurCluster(): boolean {
  return process.env['KUBECONFIG']?.startsWith(STATE) === true && existsSync(STATE);
}

/** SIGKILL to the first process of the pod's container, as the kernel does when memory runs out. */
export function killContainer(pod: Pod): void {
  process.kill(processOf(pod), 'SIGKILL');
}

/** The process of the pod's container, as this computer numbers it. */
export function processOf({ metadata, spec, status }: Pod): number {
  const container = status.containerStatuses?.[0]?.containerID?.replace('containerd://', '');
  if (container === undefined || spec.nodeName === undefined) {
    throw new Error(`${metadata.name} has no running container`);
  }
  const socket = `${STATE}/${spec.nodeName}/containerd.sock`;
  const tasks = execFileSync('ctr', ['-a', socket, '-n', 'k8s.io', 'tasks', 'ls'], { encoding: 'utf8' });
  const [, pid] =
    tasks
      .split('\n')
      .map((line) => line.split(/\s+/))
      .find(([name]) => name === container) ?? [];
  if (pid === undefined) throw new Error(`${metadata.name}: the node has no task ${container}`);
  return Number(pid);
}
