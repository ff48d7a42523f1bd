import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { customResourceDefinition } from '../../crds/crd.ts';
import { parseRunnableJob } from '../../crds/index.ts';
import { parseFlags } from '../../operator/cluster/controller/flags.ts';
import { CHART, helm, helmProgram, render, type Rendered } from './helm.ts';

const program = helmProgram() ?? '';
const describeWithHelm = program === '' ? describe.skip : describe;

const valueFiles = readdirSync(`${CHART}/ci`).map((name) => `${CHART}/ci/${name}`);
const settings: readonly (readonly string[])[] = [[], ...valueFiles.map((file) => ['--values', file])];
const namespaced = ['--values', `${CHART}/ci/namespaced-values.yaml`];

const ofKind = (objects: readonly Rendered[], kind: string) =>
  objects.filter((object) => object.kind === kind);
/** What the release holds: the objects of `helm test` come and go by themselves. */
const isTest = ({ metadata }: Rendered) => metadata.annotations?.['helm.sh/hook'] === 'test';

interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly hostNetwork?: boolean;
  readonly securityContext: object;
  readonly topologySpreadConstraints?: readonly object[];
  readonly containers: readonly {
    readonly image: string;
    readonly args: readonly string[];
    readonly securityContext: object;
    readonly resources?: object;
  }[];
}
const podSpecs = (objects: readonly Rendered[]): readonly PodSpec[] => [
  ...ofKind(objects, 'Deployment').map(({ spec }) => (spec as { template: { spec: PodSpec } }).template.spec),
  ...ofKind(objects, 'Pod').map(({ spec }) => spec as PodSpec),
];

describeWithHelm.each(settings)('the chart with %s %s', (...parameters) => {
  const given = parameters.filter((parameter) => parameter !== undefined);
  const objects = program === '' ? [] : render(program, given);
  const own = objects.filter((object) => !isTest(object));

  test('has no fault that helm lint finds', () => {
    const { exitCode, out } = helm(program, ['lint', '--strict', CHART, ...given]);
    expect({ exitCode, out }).toMatchObject({ exitCode: 0 });
  });

  test('renders objects with a name, labels, and no two of one name', () => {
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
    for (const { apiVersion, metadata } of objects) {
      expect(apiVersion).toMatch(/^[a-z0-9./]+$/);
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/name': 'terngrad-operator',
        'app.kubernetes.io/instance': 'terngrad-operator',
        'app.kubernetes.io/part-of': 'terngrad',
        'app.kubernetes.io/managed-by': 'Helm',
      });
    }
    for (const { metadata } of own) expect(metadata.labels).toHaveProperty(['helm.sh/chart']);
  });

  test('every pod meets the restricted Pod Security Standard, with a read-only root', () => {
    expect(podSpecs(objects)).toHaveLength(2);
    for (const spec of podSpecs(objects)) {
      expect(spec).not.toHaveProperty('hostNetwork');
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of spec.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources).toMatchObject({ requests: { memory: expect.any(String) } });
      }
    }
  });

  test('no right is a wildcard, Secrets are never listed or watched, nothing runs in a pod', () => {
    for (const { apiGroups, resources, verbs } of objects.flatMap(({ rules }) => rules ?? [])) {
      for (const word of [...apiGroups, ...resources, ...verbs]) expect(word).not.toContain('*');
      expect(resources).not.toContain('pods/exec');
      expect(resources).not.toContain('serviceaccounts/token');
      if (resources.includes('secrets')) {
        expect(
          verbs.filter((verb) => !['create', 'get', 'patch', 'update', 'delete'].includes(verb)),
        ).toEqual([]);
      }
      for (const verb of ['escalate', 'bind', 'impersonate']) expect(verbs).not.toContain(verb);
    }
  });

  test('the job of `helm test` is one that the trainer takes', () => {
    const [job] = ofKind(objects, 'TernGradJob');
    expect(() => parseRunnableJob(JSON.stringify(job), 'test')).not.toThrow();
  });

  test('the pod of `helm test` may read its job and nothing else', () => {
    const roles = objects.filter((object) => object.kind.endsWith('Role') && isTest(object));
    const [job] = ofKind(objects, 'TernGradJob');
    expect(roles.map(({ kind, rules }) => ({ kind, rules }))).toEqual([
      {
        kind: 'Role',
        rules: [
          {
            apiGroups: ['terngrad.dev'],
            resources: ['terngradjobs'],
            resourceNames: [job?.metadata.name],
            verbs: ['get'],
          },
        ],
      },
    ]);
  });
});

describeWithHelm('the resource definition', () => {
  const crdOf = (parameters: readonly string[]) =>
    ofKind(render(program, parameters), 'CustomResourceDefinition')[0];

  test('is that of crds/, and stays when the chart goes', () => {
    const crd = crdOf([]);
    expect(crd?.spec).toEqual((customResourceDefinition() as { spec: unknown }).spec);
    expect(crd?.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
  });

  test('goes with the chart, or does not come with it, if so wished', () => {
    expect(crdOf(['--set', 'crds.keep=false'])?.metadata.annotations).toBeUndefined();
    expect(crdOf(['--set', 'crds.enabled=false'])).toBeUndefined();
  });
});

describeWithHelm('the operator', () => {
  const argsOf = (parameters: readonly string[]) =>
    podSpecs(render(program, parameters))[0]?.containers[0]?.args ?? [];

  test('takes its arguments, and is told what it is to watch and which Secrets jobs may name', () => {
    const parameters = [...namespaced, '--set', 'secretReferences={a,b},nameOverride=training'];
    const pod = ofKind(render(program, parameters), 'Deployment')[0];
    const spec = pod?.spec as { template: { metadata: { labels: object } } } | undefined;
    const flags = parseFlags(argsOf(parameters), '0.0.0', { POD_NAMESPACE: 'terngrad-system' });
    expect(flags).toMatchObject({
      namespace: 'terngrad-system',
      watchNamespaces: ['team-a', 'team-b'],
      secretReferences: ['a', 'b'],
      leaderElection: true,
      leaseName: 'terngrad-operator',
      httpAddress: { port: 8080 },
      concurrency: 8,
      imagePullPolicy: 'IfNotPresent',
    });
    expect(spec?.template.metadata.labels).toMatchObject(flags.operatorPodLabels);
    expect(parseFlags(argsOf([]), '0.0.0', { POD_NAMESPACE: 'x' }).watchNamespaces).toEqual([]);
  });

  test('images are named by tag, and by digest where one is given', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const spec = podSpecs(render(program, ['--set', `image.digest=${digest},image.tag=1.2.3`]))[0];
    expect(spec?.containers[0]?.image).toBe(`terngrad/operator:1.2.3@${digest}`);
    const { version } = parse(helm(program, ['show', 'chart', CHART]).out) as { version: string };
    expect(argsOf([])).toContain(`--trainer-image=terngrad/trainer:${version}`);
  });

  test('has a disruption budget with two pods, and none with one, which would block every drain', () => {
    expect(ofKind(render(program, ['--set', 'replicas=2']), 'PodDisruptionBudget')).toHaveLength(1);
    expect(ofKind(render(program, []), 'PodDisruptionBudget')).toHaveLength(0);
  });

  test('monitors and rules come only where the cluster knows such kinds', () => {
    const kinds = new Set(['PodMonitor', 'PrometheusRule']);
    const found = (withMonitoring: boolean) =>
      render(program, [], { withMonitoring }).filter(({ kind }) => kinds.has(kind)).length;
    expect(found(true)).toBe(3);
    expect(found(false)).toBe(0);
  });

  test('dashboards carry the label that Grafana looks for, and are whole', () => {
    const maps = ofKind(render(program, []), 'ConfigMap').filter(
      ({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1',
    );
    const dashboards = maps.map(
      ({ data }) => JSON.parse(Object.values(data ?? {})[0] ?? '') as { uid: string },
    );
    expect(dashboards.map(({ uid }) => uid)).toEqual(['terngrad-job', 'terngrad-operator']);
  });

  test('alerts link to where the pages are kept', () => {
    const parameters = [
      '--set',
      'metrics.runbooksUrl=https://example.com/pages/,metrics.rulesConfigMap=true',
    ];
    const objects = render(program, parameters);
    const rules = [
      ...ofKind(objects, 'PrometheusRule').map(({ spec }) => JSON.stringify(spec)),
      ...ofKind(objects, 'ConfigMap')
        .map(({ data }) => data?.['terngrad-alerts.yaml'] ?? '')
        .filter(Boolean),
    ];
    expect(rules).toHaveLength(2);
    for (const text of rules) {
      expect(text).toContain('https://example.com/pages/TernGradOperatorDown.md');
      expect(text).not.toContain('RUNBOOKS_URL');
    }
  });
});

describeWithHelm('values', () => {
  test.each([
    ['replica=2', 'replica'],
    ['image.tags=x', 'tags'],
    ['metrics.dashboards.label=x', 'label'],
    ['logLevel=loud', 'logLevel'],
    ['image.digest=latest', 'digest'],
    ['watchNamespaces={Team_A}', 'watchNamespaces'],
    ['replicas=two', 'replicas'],
  ])('%s is refused by name', (value, name) => {
    const { exitCode, err } = helm(program, ['template', CHART, '--set', value]);
    expect(exitCode).not.toBe(0);
    expect(err).toContain(name);
  });

  test('two operators without an election are refused, with the remedy', () => {
    const parameters = ['--set', 'replicas=2,leaderElection.enabled=false'];
    expect(helm(program, ['template', CHART, ...parameters]).err).toContain(
      'set replicas to 1, or enable the election',
    );
  });

  test('an account that is not made has to be named', () => {
    const { err } = helm(program, ['template', CHART, '--set', 'serviceAccount.create=false']);
    expect(err).toContain('serviceAccount.name is needed');
  });
});
