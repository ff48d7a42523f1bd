import { describe } from '@jest/globals';
import { kubernetesPrograms } from './programs.ts';

const programs = kubernetesPrograms();

/** `describe` for tests that need a real API server; says so where there is none, and counts them as skipped. */
export function describeOnApiServer(name: string, tests: () => void): void {
  if (programs === undefined) {
    console.warn(`kube-apiserver is not built (\`make cluster-api\`), so these tests are skipped: ${name}`);
    describe.skip(name, tests);
  } else {
    describe(name, tests);
  }
}

/** The first one starts etcd, the API server and the CRD on a busy computer. */
export const START_LIMIT_MS = 120_000;
