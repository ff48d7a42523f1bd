import { execFileSync } from 'node:child_process';
import { KubeConfig } from '@kubernetes/client-node';
import { ApiClient } from '../integration/api-client.ts';

/** The cluster of `KUBECONFIG`, which test/e2e/run.sh sets, as its administrator. */
export interface Cluster {
  readonly client: ApiClient;
  /** Prints what kubectl prints. */
  kubectl(parameters: readonly string[], input?: string): string;
}

export function connectedCluster(): Cluster {
  const config = new KubeConfig();
  config.loadFromDefault();
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (cluster?.caData === undefined || user === null) {
    throw new Error('the kubeconfig names no cluster with certificate-authority-data, or no user');
  }
  const { certData, keyData, token } = user;
  if (token === undefined && (certData === undefined || keyData === undefined)) {
    throw new Error('the kubeconfig has neither a token nor a client certificate in it');
  }
  const credentials =
    token === undefined ? { cert: decoded(certData ?? ''), key: decoded(keyData ?? '') } : { token };
  return {
    client: new ApiClient({
      url: cluster.server,
      certificateAuthority: decoded(cluster.caData),
      credentials,
    }),
    kubectl: (parameters, input) =>
      execFileSync('kubectl', [...parameters], { encoding: 'utf8', maxBuffer: 2 ** 26, input }),
  };
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
