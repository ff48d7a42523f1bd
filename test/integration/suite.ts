import { describe } from '@jest/globals';
import { kubernetesPrograms } from './programs.ts';

/** The first test of a file waits for etcd, the API server and the CRD, on a busy computer. */
export const START_LIMIT_MS = 120_000;

/** `describe` for tests that need a real API server. Where there is none it says so, and they count as skipped. */
export const describeOnApiServer = kubernetesPrograms() === undefined ? skipped() : describe;

function skipped(): typeof describe.skip {
  console.warn('kube-apiserver is not built (`make cluster-api`), so the tests that need it are skipped');
  return describe.skip;
}
