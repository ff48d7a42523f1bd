import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILD = fileURLToPath(new URL('../cluster/build.sh', import.meta.url));
const NEEDED = ['etcd', 'kube-apiserver', 'kubectl'] as const;

/**
 * The folder that has etcd, kube-apiserver and kubectl: `KUBEBUILDER_ASSETS` where it is set, else what
 * `test/cluster/build.sh api` has built. Undefined where that is not built.
 * @throws Error if `KUBEBUILDER_ASSETS` lacks one of them: then it is set by mistake.
 */
export function kubernetesPrograms(): string | undefined {
  const { KUBEBUILDER_ASSETS: assets } = process.env;
  const folder = assets ?? execFileSync('bash', [BUILD, '--where'], { encoding: 'utf8' }).trim();
  const missing = NEEDED.filter((name) => !existsSync(join(folder, name)));
  if (missing.length === 0) return folder;
  if (assets === undefined) return undefined;
  throw new Error(
    `KUBEBUILDER_ASSETS=${assets} has no ${missing.join(', ')}: unset it, or name a folder that has`,
  );
}
