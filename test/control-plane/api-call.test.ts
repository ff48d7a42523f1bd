import { expect, test } from '@jest/globals';
import { isWrite, parseCall, titleOf } from './api-call.ts';

const JOBS = '/apis/terngrad.dev/v1alpha1/namespaces/jobs-1/terngradjobs';
const CORE = '/api/v1/namespaces/jobs-1';

test.each([
  ['GET', `${CORE}/pods?limit=500`, undefined, 'list of Pods', false],
  ['GET', `${CORE}/pods?watch=true&resourceVersion=7`, undefined, 'watch of Pods', false],
  ['GET', '/api/v1/pods?watch=true', undefined, 'watch of Pods', false],
  ['GET', `${CORE}/secrets/a`, undefined, 'get Secret a', false],
  ['POST', `${CORE}/pods?fieldManager=x`, { metadata: { name: 'a-0-1' } }, 'create Pod a-0-1', true],
  ['PATCH', `${CORE}/services/a?force=true`, {}, 'apply Service a', true],
  ['PATCH', `${JOBS}/a/status`, { status: { state: 'Running' } }, 'status Running', true],
  ['PUT', `${CORE}/secrets/a`, {}, 'replace Secret a', true],
  ['DELETE', `${JOBS}/a`, {}, 'delete TernGradJob a', true],
  ['POST', '/apis/events.k8s.io/v1/namespaces/n/events', { reason: 'JobRunning' }, 'Event JobRunning', true],
])('%s %s', (method, url, body, title, writes) => {
  const call = parseCall(method, url, body);
  expect(titleOf(call)).toBe(title);
  expect(isWrite(call)).toBe(writes);
});
