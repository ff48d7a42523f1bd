import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Pod } from './objects.ts';

const STATE = '/var/lib/terngrad-cluster';
const RESTART = fileURLToPath(new URL('../cluster/restart.sh', import.meta.url));

/** Whether the cluster is the one of test/cluster, on this computer, so that its containers can be killed. */
export function isOurCluster(): boolean {
  const isOurs = process.env['KUBECONFIG']?.startsWith(STATE) === true && existsSync(STATE);
  if (!isOurs) {
    console.warn(
      `KUBECONFIG is not that of test/cluster, below ${STATE}: what kills processes of the node, or reads the audit ` +
        'log of its API server, is skipped',
    );
  }
  return isOurs;
}

/** SIGKILL to the first process of the pod's container, as the kernel does when memory runs out. */
export function killContainer(pod: Pod): void {
  process.kill(processOf(pod), 'SIGKILL');
}

/** Ends all of the pod's container behind the kubelet's back, through containerd. */
export function endContainer(pod: Pod): void {
  containerd(pod, ['tasks', 'kill', '--all', '--signal', 'SIGKILL', containerOf(pod)]);
}

/** What the pod's container has printed, from the file on its node; empty once the pod is gone. */
export function printedBy({ metadata, spec }: Pod, namespace: string): string {
  const folder = `${STATE}/log/pods${numberOf(spec.nodeName)}/${namespace}_${metadata.name}_${metadata.uid}`;
  const file = `${folder}/worker/0.log`;
  if (!existsSync(file)) return '';
  // `<time> stdout F <line>`: the format of the container runtime interface.
  return readFileSync(file, 'utf8').replaceAll(/^\S+ (?:stdout|stderr) [FP] /gm, '');
}

/** Kills the kubelet of a node, and starts it again. */
export function restartKubelet(nodeName: string): void {
  execFileSync('bash', [RESTART, `kubelet${numberOf(nodeName)}`], { stdio: 'inherit' });
}

/** The process of the pod's container, as this computer numbers it. */
export function processOf(pod: Pod): number {
  const container = containerOf(pod);
  const [, pid] =
    containerd(pod, ['tasks', 'ls'])
      .split('\n')
      .map((line) => line.split(/\s+/))
      .find(([name]) => name === container) ?? [];
  if (pid === undefined) throw new Error(`${pod.metadata.name}: the node has no task ${container}`);
  return Number(pid);
}

function containerOf({ metadata, status }: Pod): string {
  const container = status.containerStatuses?.[0]?.containerID?.replace('containerd://', '');
  if (container === undefined) throw new Error(`${metadata.name} has no running container`);
  return container;
}

function containerd({ spec }: Pod, parameters: readonly string[]): string {
  const socket = `${STATE}/${spec.nodeName}/containerd.sock`;
  return execFileSync('ctr', ['-a', socket, '-n', 'k8s.io', ...parameters], { encoding: 'utf8' });
}

/** Nodes are called node1, node2, ... */
function numberOf(nodeName: string | undefined): string {
  return (nodeName ?? '').replace('node', '');
}
