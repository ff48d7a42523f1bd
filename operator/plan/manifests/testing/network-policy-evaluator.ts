/**
 * What a NetworkPolicy means, after the documentation of networking.k8s.io/v1. Not every network plugin of a test
 * cluster enforces policies, so the flows are judged here.
 */
export interface Endpoint {
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  /** An address without a pod: only IP blocks match it. */
  readonly ip?: string;
}

export interface Flow {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly protocol: 'TCP' | 'UDP';
  readonly port: number;
}

export interface Policy {
  readonly metadata: { readonly namespace: string };
  readonly spec: {
    readonly podSelector: Selector;
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}

type Labels = Readonly<Record<string, string>>;

interface Selector {
  readonly matchLabels?: Labels;
}

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string };
}

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly protocol: string; readonly port: number }[];
}

/** Both ends must agree: the sender's egress and the receiver's ingress. */
export function isAllowed(policies: readonly Policy[], flow: Flow): boolean {
  return passes(policies, flow, 'Egress') && passes(policies, flow, 'Ingress');
}

/** Whoever no policy of a direction selects is free in it; else one rule of one of them must match. */
function passes(policies: readonly Policy[], flow: Flow, direction: 'Ingress' | 'Egress'): boolean {
  const [subject, peer] = direction === 'Ingress' ? [flow.to, flow.from] : [flow.from, flow.to];
  const selecting = policies.filter(
    ({ metadata, spec }) =>
      subject.ip === undefined &&
      metadata.namespace === subject.namespace &&
      spec.policyTypes.includes(direction) &&
      matches(spec.podSelector, subject.labels),
  );
  return (
    selecting.length === 0 ||
    selecting.some(({ metadata, spec }) =>
      (direction === 'Ingress' ? spec.ingress : spec.egress)?.some(
        (rule) =>
          matchesPeers(direction === 'Ingress' ? rule.from : rule.to, peer, metadata.namespace) &&
          matchesPort(rule, flow),
      ),
    )
  );
}

/** No list, or an empty one, means everyone. */
function matchesPeers(peers: readonly Peer[] | undefined, peer: Endpoint, policyNamespace: string): boolean {
  return (
    peers === undefined || peers.length === 0 || peers.some((one) => matchesPeer(one, peer, policyNamespace))
  );
}

/** Within one peer both selectors must match; a pod selector alone means the policy's own namespace. */
function matchesPeer(
  { podSelector, namespaceSelector, ipBlock }: Peer,
  peer: Endpoint,
  policyNamespace: string,
) {
  if (ipBlock !== undefined) return peer.ip !== undefined && `${peer.ip}/32` === ipBlock.cidr;
  if (peer.ip !== undefined) return false;
  const namespaceMatches =
    namespaceSelector === undefined
      ? peer.namespace === policyNamespace
      : matches(namespaceSelector, peer.namespaceLabels);
  return namespaceMatches && (podSelector === undefined || matches(podSelector, peer.labels));
}

function matchesPort({ ports = [] }: Rule, flow: Flow): boolean {
  return (
    ports.length === 0 || ports.some(({ protocol, port }) => protocol === flow.protocol && port === flow.port)
  );
}

/** An empty selector matches everything. */
function matches({ matchLabels = {} }: Selector, labels: Labels): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
}
