import type { ClusterJob } from './cluster-job.ts';
import { Label } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { childMetadata } from './metadata.ts';
import { networkPolicyName } from './names.ts';
import { GRPC_PORT, HTTP_PORT } from './ports.ts';

export interface NetworkPolicySettings {
  readonly operatorNamespace: string;
  /** Labels that only the operator's pods have in its namespace. */
  readonly operatorPodLabels: Readonly<Record<string, string>>;
  /** Labels of the namespaces whose pods may read the metrics. */
  readonly monitoringNamespaceLabels: Readonly<Record<string, string>>;
}

/** Every namespace has it, written by the API server, which lets nobody change it. */
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';
/** Where NodeLocal DNSCache answers: an address of the node, which no pod selector matches. */
const NODE_LOCAL_DNS = '169.254.20.10/32';
/** As pods see it, and as the DNS pods of some distributions listen, which counts after address translation. */
const DNS_PORTS = [53, 5353];

/**
 * The flows that a job needs, and no other:
 *
 *     from                          to        port
 *     workers of this job           workers   grpc
 *     the operator's pods           workers   grpc    answers come from rank 0 alone; the others refuse it by certificate
 *     pods of monitoring namespaces workers   http
 *     workers                       workers of this job, grpc; pods of the cluster, DNS
 *
 * The kubelet of the node reaches the probes whatever a policy says. Volumes need no rule: the node mounts them, not
 * the pod. A program that needs more of the network (a data server, say) gets a NetworkPolicy of its user's beside
 * this one: policies add up. Created before the first pod and kept until the last one is gone.
 */
export function networkPolicy(job: ClusterJob, settings: NetworkPolicySettings): Manifest {
  const workers = { matchLabels: { [Label.jobUid]: job.metadata.uid } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: childMetadata(job, networkPolicyName(job.metadata.name)),
    spec: {
      podSelector: workers,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [{ podSelector: workers }, operatorPeer(settings)], ports: [tcp(GRPC_PORT.number)] },
        {
          from: [{ namespaceSelector: { matchLabels: settings.monitoringNamespaceLabels } }],
          ports: [tcp(HTTP_PORT.number)],
        },
      ],
      egress: [
        { to: [{ podSelector: workers }], ports: [tcp(GRPC_PORT.number)] },
        {
          to: [{ namespaceSelector: {} }, { ipBlock: { cidr: NODE_LOCAL_DNS } }],
          ports: DNS_PORTS.flatMap((port) => [{ protocol: 'UDP', port }, tcp(port)]),
        },
      ],
    },
  };
}

/** Both selectors in one peer: pods with these labels in that namespace, not either of them. */
function operatorPeer({ operatorNamespace, operatorPodLabels }: NetworkPolicySettings) {
  return {
    namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: operatorNamespace } },
    podSelector: { matchLabels: operatorPodLabels },
  };
}

function tcp(port: number): { protocol: string; port: number } {
  return { protocol: 'TCP', port };
}
