import { expect, test } from '@jest/globals';
import { parseFlags } from './flags.ts';

const VERSION = '1.2.3';
const parse = (...parameters: readonly string[]) =>
  parseFlags(['--namespace=own', ...parameters], VERSION, {});

test('without flags it is one of several operators, for all namespaces, with the images of its version', () => {
  expect(parseFlags([], VERSION, { POD_NAMESPACE: 'terngrad' })).toEqual({
    namespace: 'terngrad',
    watchNamespaces: [],
    trainerImage: 'terngrad/trainer:1.2.3',
    trainerGpuImage: 'terngrad/trainer-gpu:1.2.3',
    leaderElection: true,
    leaseName: 'terngrad-operator',
    httpAddress: { host: '0.0.0.0', port: 8080 },
    concurrency: 8,
    secretReferences: [],
    monitoringNamespacesLabel: { 'kubernetes.io/metadata.name': 'monitoring' },
    operatorPodLabels: {
      'app.kubernetes.io/name': 'terngrad-operator',
      'app.kubernetes.io/component': 'operator',
    },
    logLevel: 'info',
  });
});

test('lists and labels are written with commas; an empty value is none', () => {
  const flags = parse(
    '--watch-namespaces=a, b',
    '--secret-references=',
    '--image-pull-policy=',
    '--operator-pod-labels=a=1,b=2',
    '--leader-election=false',
  );
  expect(flags.watchNamespaces).toEqual(['a', 'b']);
  expect(flags.secretReferences).toEqual([]);
  expect(flags).not.toHaveProperty('imagePullPolicy');
  expect(flags.operatorPodLabels).toEqual({ a: '1', b: '2' });
  expect(flags.leaderElection).toBe(false);
});

test('a pull policy is passed on', () => {
  expect(parse('--image-pull-policy=Always').imagePullPolicy).toBe('Always');
});
