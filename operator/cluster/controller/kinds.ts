import { API_GROUP, API_VERSION, PLURAL } from '../../../crds/job.ts';
import type { ResourceKind } from '../api/types.ts';

const jobVersion = API_VERSION.slice(API_GROUP.length + 1);

/** What the operator reads or writes on the API server; the chart's roles name exactly these. */
export const jobs: ResourceKind = { group: API_GROUP, version: jobVersion, plural: PLURAL };
export const pods: ResourceKind = { group: '', version: 'v1', plural: 'pods' };
export const services: ResourceKind = { group: '', version: 'v1', plural: 'services' };
export const secrets: ResourceKind = { group: '', version: 'v1', plural: 'secrets' };
export const events: ResourceKind = { group: '', version: 'v1', plural: 'events' };
export const networkPolicies: ResourceKind = {
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'networkpolicies',
};
