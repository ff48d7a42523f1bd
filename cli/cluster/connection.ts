import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { connectToApiServer, type ConnectedApiServer } from '../../operator/cluster/api/connect.ts';
import { ApiError, ApiUnreachableError } from '../../operator/cluster/api/errors.ts';
import { loadKubeConfig, type KubeConfig } from '../../operator/cluster/api/kube-config.ts';
import { UnusableKubeConfigError } from '../../operator/cluster/api/unusable-kube-config-error.ts';
import { UserError } from '../user-error.ts';

/** The cluster of the kubeconfig, for commands that look at it. */
export interface ClusterConnection {
  readonly api: ConnectedApiServer;
  /** Where a command looks that names no namespace. */
  readonly namespace: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Set in every pod. */
const IN_CLUSTER = 'KUBERNETES_SERVICE_HOST';

/**
 * Runs `look` on the cluster of the kubeconfig, and says in words what stands in its way.
 * @throws UserError
 */
export async function withCluster<T>(
  look: (cluster: ClusterConnection) => Promise<T>,
  environment: Environment = process.env,
): Promise<T> {
  checkKubeConfig(environment);
  let api: ConnectedApiServer | undefined;
  let server = 'the API server';
  try {
    const kubeConfig = loadKubeConfig();
    server = kubeConfig.getCurrentCluster()?.server ?? server;
    api = connectToApiServer({ kubeConfig });
    return await look({ api, namespace: namespaceOf(kubeConfig) });
  } catch (error) {
    throw inWords(error, server);
  } finally {
    api?.close();
  }
}

/** The library would take a server on this computer where there is no kubeconfig, and skip files that do not exist. */
function checkKubeConfig(environment: Environment): void {
  const { KUBECONFIG: named = '' } = environment;
  if (named === '') {
    const usual = join(environment['HOME'] ?? homedir(), '.kube', 'config');
    if (existsSync(usual) || environment[IN_CLUSTER] !== undefined) return;
    throw new UserError(
      `there is no kubeconfig: set KUBECONFIG to the file of a cluster, or put it at ${usual}`,
    );
  }
  const files = named.split(delimiter).filter((file) => file !== '');
  if (files.some((file) => existsSync(file))) return;
  throw new UserError(`KUBECONFIG names ${files.join(', ')}, and there is no such file`);
}

function namespaceOf(kubeConfig: KubeConfig): string {
  const { namespace = '' } = kubeConfig.getContextObject(kubeConfig.getCurrentContext()) ?? {};
  return namespace === '' ? 'default' : namespace;
}

function inWords(cause: unknown, server: string): unknown {
  if (cause instanceof ApiUnreachableError) {
    const why = cause.cause instanceof Error ? cause.cause.message : String(cause.cause);
    return new UserError(
      `${server} does not answer (${why}); is it the right kubeconfig, and is the cluster up?`,
      {
        cause,
      },
    );
  }
  if (cause instanceof UnusableKubeConfigError) return new UserError(cause.message, { cause });
  if (!(cause instanceof ApiError)) return isKubeConfigSyntax(cause) ? unreadable(cause) : cause;
  switch (cause.status) {
    case 401:
      return new UserError(
        `${server} does not know who you are: ${cause.message}; log in again, or use another kubeconfig`,
        {
          cause,
        },
      );
    case 403:
      return new UserError(
        `you may not do that: ${cause.message}; ask for the role 'view' in this namespace`,
        { cause },
      );
    default:
      return new UserError(`${server} refuses: ${cause.message}`, { cause });
  }
}

/** What the YAML parser of the client library throws. */
function isKubeConfigSyntax(cause: unknown): cause is Error {
  return cause instanceof Error && cause.name === 'YAMLException';
}

function unreadable(cause: Error): UserError {
  return new UserError(`the kubeconfig is no YAML: ${cause.message}`, { cause });
}
