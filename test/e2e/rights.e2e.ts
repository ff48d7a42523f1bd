import { afterAll, describe, expect, test } from '@jest/globals';
import { connectedCluster } from './cluster.ts';
import { isOurCluster } from './containers.ts';
import { OPERATOR_NAMESPACE } from './operator.ts';
import { operatorCalls } from './operator-calls.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Binding {
  readonly metadata: { readonly namespace?: string };
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly {
    readonly kind: string;
    readonly namespace?: string;
    readonly name: string;
  }[];
}

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
/** Rights that are needed at rare moments, which no test here brings about. */
const RARELY_USED: Readonly<Record<string, string>> = {
  'get terngrad.dev/terngradjobs': 'to see its own write that the watch has not shown for seconds',
  'get /pods': 'the same',
  'get /services':
    'to tell its own object from a foreign one, after a creation that may have been answered late',
  'get networking.k8s.io/networkpolicies': 'the same',
  'patch networking.k8s.io/networkpolicies': 'an install with other labels for monitoring',
  'patch /secrets': 'certificates are renewed after two thirds of their time',
  'patch events.k8s.io/events': 'an event that repeats becomes a series',
  'update /secrets': 'the authority is renewed',
  'update terngrad.dev/terngradjobs/finalizers':
    'clusters that ask for it before an owner may block its deletion',
};
/** Only our own cluster records what is asked of its API server. */
const describeOnOurs = isOurCluster() ? describe : describe.skip;

describeOnOurs('The rights of the operator, after all other tests', () => {
  const { client } = connectedCluster();
  afterAll(() => client.close());

  /** `verb group/resource` of every rule of every role that is bound to it. */
  const rights = async (): Promise<readonly string[]> => {
    const lists = await Promise.all(
      ['clusterrolebindings', 'rolebindings'].map((kind) => client.get(`${RBAC}/${kind}`)),
    );
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const bindings = lists.flatMap(({ body }) => (body as { items: Binding[] }).items);
    const ours = bindings.filter(({ subjects = [] }) =>
      subjects.some(({ kind, namespace }) => kind === 'ServiceAccount' && namespace === OPERATOR_NAMESPACE),
    );
    const roles = await Promise.all(
      ours.map(({ metadata, roleRef }) =>
        client.get(
          roleRef.kind === 'Role'
            ? `${RBAC}/namespaces/${metadata.namespace}/roles/${roleRef.name}`
            : `${RBAC}/clusterroles/${roleRef.name}`,
        ),
      ),
    );
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const rules = roles.flatMap(({ body }) => (body as { rules: Rule[] }).rules);
    return rules.flatMap(({ apiGroups, resources, verbs }) =>
      verbs.flatMap((verb) =>
        apiGroups.flatMap((group) => resources.map((resource) => `${verb} ${group}/${resource}`)),
      ),
    );
  };
  const used = new Set(operatorCalls().map(({ verb, group, resource }) => `${verb} ${group}/${resource}`));

  test('were enough: nothing was forbidden', () => {
    expect(operatorCalls().filter(({ forbidden }) => forbidden)).toEqual([]);
  });

  test('were all used, but for rare moments', async () => {
    const granted = await rights();
    expect(granted.length).toBeGreaterThan(10);
    expect(granted.filter((right) => !used.has(right) && RARELY_USED[right] === undefined)).toEqual([]);
  });
});
