import { readFileSync } from 'node:fs';
import { OPERATOR_NAMESPACE } from './operator.ts';

/** The API server of test/cluster records there what service accounts ask of it. */
const AUDIT_LOG = '/var/lib/terngrad-cluster/log/audit.json';
const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

export interface Call {
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  /** `pods`, `terngradjobs/status`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** By its roles, not by an admission rule such as that of a namespace that is being deleted. */
  readonly forbidden: boolean;
  readonly at: Date;
}

/** What the operator has asked of the API server so far. Only where the cluster is that of test/cluster. */
export function operatorCalls(): readonly Call[] {
  return readFileSync(AUDIT_LOG, 'utf8')
    .split('\n')
    .filter((line) => line.includes(`system:serviceaccount:${OPERATOR_NAMESPACE}:`))
    .map((line) => callOf(JSON.parse(line) as AuditEvent));
}

/** The operator's writes in a namespace; its Lease is in its own. */
export function operatorWrites(namespace: string): readonly Call[] {
  return operatorCalls().filter((call) => WRITES.has(call.verb) && call.namespace === namespace);
}

/** Of a job's writes, those until the event that says that it runs, which is the last of its launch. */
export function launchWrites(writes: readonly Call[]): readonly Call[] {
  const last = writes.findIndex(({ resource }) => resource === 'events');
  return last === -1 ? writes : writes.slice(0, last + 1);
}

interface AuditEvent {
  readonly verb: string;
  readonly requestReceivedTimestamp: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
}

function callOf({ verb, requestReceivedTimestamp, annotations, objectRef = {} }: AuditEvent): Call {
  const { apiGroup: group = '', resource = '', subresource, namespace = '', name = '' } = objectRef;
  return {
    verb,
    group,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    forbidden: annotations?.['authorization.k8s.io/decision'] === 'forbid',
    at: new Date(requestReceivedTimestamp),
  };
}
