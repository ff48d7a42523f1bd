// Not from the package's root, which loads exec, attach, copy and every typed client beside it.
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';

export type { KubeConfig } from '@kubernetes/client-node/dist/config.js';

/** `KUBECONFIG`, else `~/.kube/config`, else the pod's own service account. */
export function loadKubeConfig(): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  return kubeConfig;
}
