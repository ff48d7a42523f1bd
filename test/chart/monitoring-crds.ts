import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MODULE = 'github.com/prometheus-operator/prometheus-operator@v0.85.0';
const KINDS = ['podmonitors', 'prometheusrules'] as const;

/**
 * The files of the Prometheus operator's own CRDs, of the kinds that the chart makes. They come with its Go module, which
 * is fetched once into Go's cache; undefined, and one line said, where that cannot be had.
 */
export function monitoringCrds(): readonly string[] | undefined {
  const { status, stdout, stderr, error } = spawnSync('go', ['mod', 'download', '-json', MODULE], {
    // Outside of any module.
    cwd: tmpdir(),
    encoding: 'utf8',
  });
  if (status !== 0) {
    console.warn(
      `${MODULE} cannot be fetched (${error?.message ?? stderr.trim()}), so its CRDs are not tried`,
    );
    return undefined;
  }
  const { Dir: folder } = JSON.parse(stdout) as { readonly Dir: string };
  return KINDS.map((kind) =>
    join(folder, `example/prometheus-operator-crd/monitoring.coreos.com_${kind}.yaml`),
  );
}
