import type { ApiServer, KubeObject, Resource, ResourceKind } from '../api/types.ts';

/** Another operator may lead by now: what this one was about to write is that one's business. */
class NotLeadingError extends Error {
  readonly code = 'NOT_LEADING';

  constructor() {
    super('this operator does not lead any more, so it writes nothing; the one that leads goes on');
    this.name = 'NotLeadingError';
  }
}

/** The same API server, whose every write asks first whether this process still leads. Reads are free. */
export function gateWrites(
  api: Pick<ApiServer, 'resource'>,
  mayWrite: () => boolean,
): Pick<ApiServer, 'resource'> {
  const gated = async <R>(write: () => Promise<R>): Promise<R> => {
    if (!mayWrite()) throw new NotLeadingError();
    return await write();
  };
  return {
    resource<T extends KubeObject>(kind: ResourceKind): Resource<T> {
      const open = api.resource<T>(kind);
      return {
        get: (namespace, name) => open.get(namespace, name),
        list: (options) => open.list(options),
        create: (namespace, object) => gated(() => open.create(namespace, object)),
        apply: (namespace, name, object) => gated(() => open.apply(namespace, name, object)),
        applyStatus: (namespace, name, object) => gated(() => open.applyStatus(namespace, name, object)),
        replace: (namespace, object) => gated(() => open.replace(namespace, object)),
        delete: (namespace, name, options) => gated(() => open.delete(namespace, name, options)),
      };
    },
  };
}
