import { describe, expect, test } from '@jest/globals';
import { CHART, helmProgram, render, type PolicyRule, type Rendered } from './helm.ts';

const program = helmProgram() ?? '';
const describeWithHelm = program === '' ? describe.skip : describe;
const namespaced = ['--values', `${CHART}/ci/namespaced-values.yaml`];

const ofKind = (objects: readonly Rendered[], kind: string) =>
  objects.filter((object) => object.kind === kind);

describeWithHelm('rights', () => {
  const secretRules = (objects: readonly Rendered[]): readonly (readonly [Rendered, PolicyRule])[] =>
    objects.flatMap((object) =>
      (object.rules ?? [])
        .filter(({ resources }) => resources.includes('secrets'))
        .map((rule) => [object, rule] as const),
    );

  test('named namespaces: a Role in each, and no rule for the whole cluster', () => {
    const objects = render(program, namespaced);
    expect(ofKind(objects, 'ClusterRole')).toEqual([]);
    expect(ofKind(objects, 'ClusterRoleBinding')).toEqual([]);
    const places = new Set(secretRules(objects).map(([{ metadata }]) => metadata.namespace));
    expect(places).toEqual(new Set(['team-a', 'team-b', 'terngrad-system']));
  });

  test('named namespaces with roles for users: none of these touches Secrets or pods', () => {
    const objects = render(program, [...namespaced, '--set', 'rbac.aggregate=true']);
    const rules = ofKind(objects, 'ClusterRole').flatMap((role) => role.rules ?? []);
    expect(new Set(rules.flatMap(({ apiGroups }) => apiGroups))).toEqual(new Set(['terngrad.dev']));
    expect(ofKind(objects, 'ClusterRoleBinding')).toEqual([]);
  });

  test('the whole cluster: only the right to the Secrets of ranks is for all namespaces', () => {
    const cluster = secretRules(render(program, [])).filter(([{ kind }]) => kind === 'ClusterRole');
    expect(cluster.map(([, { verbs }]) => verbs)).toEqual([['create', 'get', 'patch']]);
  });

  test('the same rules hold in a namespace and in the cluster', () => {
    const clusterRole = ofKind(render(program, []), 'ClusterRole').find(
      ({ metadata }) => !/-(view|edit)$/.test(metadata.name),
    );
    const role = ofKind(render(program, namespaced), 'Role').find(
      ({ metadata }) => metadata.namespace === 'team-a',
    );
    expect(role?.rules).toEqual(clusterRole?.rules);
  });

  test('users may read jobs as `view`, and change them as `edit`', () => {
    const verbsOf = (role: string): readonly string[] =>
      render(program, [])
        .find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name.endsWith(`-${role}`))
        ?.rules?.find(({ resources }) => resources.includes('terngradjobs'))?.verbs ?? [];
    expect(verbsOf('view')).toEqual(['get', 'list', 'watch']);
    expect(verbsOf('edit')).toEqual(expect.arrayContaining(['create', 'delete', 'get', 'patch', 'update']));
  });
});
