import { describe, expect, test } from '@jest/globals';
import { InvalidJobError } from './invalid-job-error.ts';
import { parseJob, parseRunnableJob } from './parse.ts';
import { exampleYaml } from './testing/example-job.ts';

const HEAD = `apiVersion: terngrad.dev/v1alpha1
kind: TernGradJob
metadata:
  name: example
`;
const GOOD = `${HEAD}spec:
  program:
    name: lenet
  training:
    steps: 100
`;

function errorOf(text: string, parse = parseJob): InvalidJobError | undefined {
  try {
    parse(text, 'job.yaml');
  } catch (error) {
    if (error instanceof InvalidJobError) return error;
    throw error;
  }
  return undefined;
}

function messageOf(text: string, parse = parseJob): string {
  return errorOf(text, parse)?.message ?? 'valid';
}

describe('A bad job file', () => {
  test.each<[what: string, text: string, expected: string]>([
    [
      'that is empty',
      '# nothing yet\n',
      `job.yaml is not a valid TernGradJob: 1 problem

  job.yaml
    is empty; it must hold a TernGradJob`,
    ],
    [
      'that is not YAML',
      `${HEAD}spec: {program: {name: lenet}\n`,
      `job.yaml is not a valid TernGradJob: 1 problem

  job.yaml:6:1
    is not valid YAML: Flow map in block collection must be sufficiently indented and end with a }`,
    ],
    [
      'with tabs',
      'apiVersion: terngrad.dev/v1alpha1\nspec:\n\tprogram: {}\n',
      `job.yaml is not a valid TernGradJob: 1 problem

  job.yaml:3:1
    is not valid YAML: Tabs are not allowed as indentation`,
    ],
    [
      'with a key that stands twice',
      `${GOOD}    batchSize: 64\n    steps: 200\n`,
      `job.yaml is not a valid TernGradJob: 1 problem

  spec.training.steps (job.yaml:11:5)
    is 200
    stands here a second time, after line 9; keep one of them`,
    ],
    [
      'with a key that stands twice in an entry of a list',
      `${GOOD}  failurePolicy:\n    rules:\n      - action: ignore\n        action: count\n`,
      `job.yaml is not a valid TernGradJob: 1 problem

  spec.failurePolicy.rules[0].action (job.yaml:13:9)
    is "count"
    stands here a second time, after line 12; keep one of them`,
    ],
    [
      'with several documents',
      `${GOOD}---\n${GOOD}`,
      `job.yaml is not a valid TernGradJob: 1 problem

  job.yaml:11:1
    has 2 documents; put each job into a file of its own`,
    ],
    [
      'with an alias of nothing',
      `${GOOD}    seed: *seed\n`,
      `job.yaml is not a valid TernGradJob: 1 problem

  job.yaml
    Unresolved alias (the anchor must be set before the alias): seed`,
    ],
    [
      'that is a list',
      '- 1\n',
      `job.yaml is not a valid TernGradJob: 1 problem

  job.yaml:1:1
    must be a map with apiVersion, kind, metadata and spec`,
    ],
    [
      'of another kind, whatever else is in it',
      'apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 1}\n',
      `job.yaml is not a valid TernGradJob: 1 problem

  kind (job.yaml:2:7)
    is "Deployment"
    must be TernGradJob`,
    ],
    [
      'of another version',
      GOOD.replace('v1alpha1', 'v2'),
      `job.yaml is not a valid TernGradJob: 1 problem

  apiVersion (job.yaml:1:13)
    is "terngrad.dev/v2"
    must be terngrad.dev/v1alpha1`,
    ],
    [
      'without what is required',
      'kind: TernGradJob\nmetadata: {}\nspec: {}\n',
      `job.yaml is not a valid TernGradJob: 4 problems

  apiVersion (job.yaml:1:1)
    is missing
    must be terngrad.dev/v1alpha1

  metadata.name (job.yaml:2:1)
    is missing
    must be text of at most 63 characters

  spec.program (job.yaml:3:1)
    is missing
    must be a map with the fields name, path, configMap, parameters

  spec.training (job.yaml:3:1)
    is missing
    must be a map with the fields steps, epochs, batchSize, seed, optimizer, learningRate, weightDecay, evaluation, ema`,
    ],
    [
      'with misspelled and misplaced fields',
      `${GOOD}    batchsize: 32\n    momentum: 0.8\n    colour: red\n  compresion: {}\n  lastLayer: true\n`,
      `job.yaml is not a valid TernGradJob: 5 problems

  spec.training.batchsize (job.yaml:10:5)
    is 32
    unknown field; did you mean 'batchSize'?

  spec.training.momentum (job.yaml:11:5)
    is 0.8
    unknown field; did you mean 'spec.training.optimizer.momentum'?

  spec.training.colour (job.yaml:12:5)
    is "red"
    unknown field; 'spec.training' has steps, epochs, batchSize, seed, optimizer, learningRate, weightDecay, evaluation, ema

  spec.compresion (job.yaml:13:3)
    is {}
    unknown field; did you mean 'compression'?

  spec.lastLayer (job.yaml:14:3)
    is true
    unknown field; did you mean 'spec.compression.exempt.lastLayer'?`,
    ],
    [
      'with values of the wrong type',
      `${HEAD}spec:
  program: lenet
  training:
    steps: "100"
    weightDecay: small
    learningRate: {schedule: step, boundaries: 30}
  compression: {codec: trenary, exempt: {lastLayer: yes, tensors: [1]}}
`,
      `job.yaml is not a valid TernGradJob: 7 problems

  spec.program (job.yaml:6:12)
    is "lenet"
    must be a map with the fields name, path, configMap, parameters

  spec.training.steps (job.yaml:8:12)
    is "100"
    must be a whole number of at least 1; remove the quotes

  spec.training.weightDecay (job.yaml:9:18)
    is "small"
    must be a number of at least 0

  spec.training.learningRate.boundaries (job.yaml:10:48)
    is 30
    must be a list of at most 64 entries

  spec.compression.codec (job.yaml:11:24)
    is "trenary"
    must be one of ternary, float16, float32, auto; did you mean 'ternary'?

  spec.compression.exempt.lastLayer (job.yaml:11:53)
    is "yes"
    must be true or false

  spec.compression.exempt.tensors[0] (job.yaml:11:68)
    is 1
    must be text of 1 to 256 characters; put quotes around it`,
    ],
    [
      'with numbers out of range',
      `${GOOD}    batchSize: 0
    optimizer: {momentum: 1}
    learningRate: {initial: 0, decayRate: 1.5}
  workers: {replicas: 2.5, threads: 1000}
  exchange: {chunkValues: 100}
`,
      `job.yaml is not a valid TernGradJob: 7 problems

  spec.training.batchSize (job.yaml:10:16)
    is 0
    must be a whole number of at least 1

  spec.training.optimizer.momentum (job.yaml:11:27)
    is 1
    must be a number of at least 0 and below 1

  spec.training.learningRate.initial (job.yaml:12:29)
    is 0
    must be a number above 0

  spec.training.learningRate.decayRate (job.yaml:12:43)
    is 1.5
    must be a number above 0 and at most 1

  spec.workers.replicas (job.yaml:13:23)
    is 2.5
    must be a whole number from 1 to 1024

  spec.workers.threads (job.yaml:13:37)
    is 1000
    must be a whole number from 1 to 256

  spec.exchange.chunkValues (job.yaml:14:27)
    is 100
    must be a whole number from 80 to 80000000, a multiple of 80`,
    ],
    [
      'with fields that do not go together, beside others that are wrong by themselves',
      `${HEAD}spec:
  program: {name: cifarnet, path: mine.js}
  data: {name: cifar10}
  training: {steps: 10, epochs: 1, batchSize: 4, seed: -1}
  workers: {replicas: 8, elastic: {minReplicas: 1, maxReplicas: 4}}
  successPolicy: {when: minimum}
`,
      `job.yaml is not a valid TernGradJob: 7 problems

  spec.program (job.yaml:6:3)
    is {"name":"cifarnet","path":"mine.js"}
    must have exactly one of 'name' and 'path'

  spec.data.path (job.yaml:7:3)
    is missing
    must be the directory of the CIFAR-10 files ('data_batch_1.bin' and so on): they are not part of the image

  spec.training (job.yaml:8:3)
    is {"steps":10,"epochs":1,"batchSize":4,"seed":-1}
    must have exactly one of 'steps' and 'epochs'

  spec.training.batchSize (job.yaml:8:47)
    is 4
    must be at least the (largest) number of workers: every worker needs an example in every step

  spec.training.seed (job.yaml:8:56)
    is -1
    must be a whole number from 0 to 4294967295

  spec.workers.replicas (job.yaml:9:23)
    is 8
    must lie between 'elastic.minReplicas' and 'elastic.maxReplicas'

  spec.successPolicy.count (job.yaml:10:3)
    is missing
    must be given for 'when: minimum', and only for it`,
    ],
    [
      'with a name that Services cannot have',
      GOOD.replace('name: example', 'name: 2nd_Run'),
      `job.yaml is not a valid TernGradJob: 1 problem

  metadata.name (job.yaml:4:9)
    is "2nd_Run"
    must be lower case letters, digits and dashes, and start with a letter`,
    ],
    [
      'with a name that no label can hold',
      GOOD.replace('name: example', `name: ${'a'.repeat(64)}`),
      `job.yaml is not a valid TernGradJob: 1 problem

  metadata.name (job.yaml:4:9)
    is "${'a'.repeat(56)}...
    must be text of at most 63 characters`,
    ],
    [
      'with an entry that stands twice in a set',
      `${GOOD}    learningRate: {schedule: step, boundaries: [10, 20, 20]}\n`,
      `job.yaml is not a valid TernGradJob: 1 problem

  spec.training.learningRate.boundaries[2] (job.yaml:10:57)
    is 20
    stands in the list already`,
    ],
    [
      'with a bad quantity and a bad label',
      `${GOOD}  workers:
    template:
      labels: {"": x, terngrad.dev/rank: "0"}
      resources: {limits: {cpu: two, memory: 1.5}}
`,
      `job.yaml is not a valid TernGradJob: 3 problems

  spec.workers.template.labels[''] (job.yaml:12:20)
    is "x"
    must have a key of 1 to 317 characters

  spec.workers.template.resources.limits.cpu (job.yaml:13:33)
    is "two"
    must be a Kubernetes quantity such as '500m', '2' or '1Gi'

  spec.workers.template.resources.limits.memory (job.yaml:13:46)
    is 1.5
    must be a Kubernetes quantity such as '500m', '2' or '1Gi'`,
    ],
  ])('%s says what is wrong, where, and what would be right', (_what, text, expected) => {
    expect(messageOf(text)).toBe(expected);
  });

  test('carries its problems as data', () => {
    expect(errorOf(`${GOOD}    batchSize: 0\n`)).toMatchObject({
      code: 'INVALID_JOB',
      file: 'job.yaml',
      problems: [
        {
          path: 'spec.training.batchSize',
          value: 0,
          message: 'must be a whole number of at least 1',
          line: 10,
          column: 16,
        },
      ],
    });
  });
});

describe('A job file', () => {
  test('may be JSON', () => {
    expect(parseJob(JSON.stringify(parseJob(GOOD, 'a.yaml')), 'a.json')).toEqual(parseJob(GOOD, 'a.yaml'));
  });

  test('may come from kubectl get -o yaml', () => {
    const fromCluster = `apiVersion: terngrad.dev/v1alpha1
kind: TernGradJob
metadata:
  name: example
  namespace: team-a
  uid: 5f0c
  creationTimestamp: "2026-01-01T00:00:00Z"
  generation: 1
  resourceVersion: "42"
  managedFields: [{manager: kubectl}]
spec:
  program: {name: lenet}
  training: {steps: 100}
status:
  state: Running
`;
    expect(parseJob(fromCluster, 'a.yaml').metadata).toEqual({
      name: 'example',
      namespace: 'team-a',
      uid: '5f0c',
    });
  });

  test('may leave fields and whole blocks blank, which means their defaults', () => {
    expect(parseJob(`${GOOD}    seed:\n  workers:\n  data:\n`, 'a.yaml')).toEqual(parseJob(GOOD, 'a.yaml'));
  });

  test('may start with comments and end with a document marker', () => {
    expect(parseJob(`# my job\n---\n${GOOD}---\n`, 'a.yaml')).toEqual(parseJob(GOOD, 'a.yaml'));
  });

  test('hands the parameters of the program on untouched', () => {
    const parameters = { layers: [3, null, { units: 'x' }], nothing: null, 'odd key': 1.5 };
    expect(parseJob(exampleYaml({ program: { parameters } }), 'a.yaml').spec.program.parameters).toEqual(
      parameters,
    );
  });

  test('may ask for what does not work yet, but cannot be run with it', () => {
    const text = `${GOOD}  gang: {scheduler: volcano}\n`;
    expect(messageOf(text)).toBe('valid');
    expect(messageOf(text, parseRunnableJob)).toBe(`job.yaml is not a valid TernGradJob: 1 problem

  spec.gang (job.yaml:10:3)
    is {"scheduler":"volcano"}
    not supported yet; leave it out`);
  });
});
