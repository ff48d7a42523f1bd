import { isMap } from '../../crds/values.ts';

type Verb = 'get' | 'list' | 'watch' | 'create' | 'apply' | 'applyStatus' | 'replace' | 'delete' | 'other';

/** What one HTTP request asks of the API server. */
export interface ApiCall {
  readonly verb: Verb;
  readonly plural: string;
  /** Absent for a call across all namespaces. */
  readonly namespace?: string;
  /** Absent for a collection, and for what has its name in its body. */
  readonly name?: string;
  /** Parsed JSON; undefined where there is none. */
  readonly body: unknown;
}

const KIND_OF: Readonly<Record<string, string>> = {
  terngradjobs: 'TernGradJob',
  pods: 'Pod',
  services: 'Service',
  secrets: 'Secret',
  networkpolicies: 'NetworkPolicy',
  leases: 'Lease',
  events: 'Event',
};

/** `/api/v1/...` and `/apis/<group>/<version>/...`, then perhaps a namespace, a plural, a name and a subresource. */
const PATH =
  /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>[^/]+))?$/;

export function parseCall(method: string, url: string, body: unknown): ApiCall {
  const { pathname, searchParams } = new URL(url, 'https://unused');
  const { namespace, plural = '', name, subresource } = PATH.exec(pathname)?.groups ?? {};
  const verb = verbOf(method, name, subresource, searchParams.get('watch') === 'true');
  return {
    verb,
    plural,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    body,
  };
}

function verbOf(
  method: string,
  name: string | undefined,
  subresource: string | undefined,
  isWatch: boolean,
): Verb {
  switch (method) {
    case 'GET':
      if (isWatch) return 'watch';
      return name === undefined ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'replace';
    case 'PATCH':
      return subresource === 'status' ? 'applyStatus' : 'apply';
    case 'DELETE':
      return 'delete';
    default:
      return 'other';
  }
}

export function isWrite({ verb }: ApiCall): boolean {
  return verb !== 'get' && verb !== 'list' && verb !== 'watch';
}

/**
 * What a call is about, the same in every run: a status by the state that it tells, an Event by its reason, anything
 * else by its name.
 */
export function titleOf(call: ApiCall): string {
  const { verb, plural, body } = call;
  const kind = KIND_OF[plural] ?? plural;
  if (verb === 'applyStatus') return `status ${at(body, 'status', 'state')}`;
  // How often it happened is told later, without the reason.
  if (plural === 'events' && verb === 'apply') return 'Event told again';
  if (plural === 'events' && verb === 'create') return `Event ${at(body, 'reason')}`;
  if (verb === 'list' || verb === 'watch') return `${verb} of ${kind}s`;
  return `${verb} ${kind} ${call.name ?? at(body, 'metadata', 'name')}`;
}

function at(value: unknown, ...names: readonly string[]): string {
  const found = names.reduce<unknown>((outer, name) => (isMap(outer) ? outer[name] : undefined), value);
  return typeof found === 'string' ? found : '(none)';
}
