/**
 * Writes the go.mod of the one-binary Kubernetes from Kubernetes's own: every requirement at the version that Kubernetes pins, and
 * each staging repository (required there as v0.0.0 and replaced by a folder) at its published version v0.X.Y.
 *
 * Usage: kubernetes-module.ts VERSION FOLDER
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Download {
  readonly GoMod: string;
  readonly Dir: string;
}

interface GoModule {
  readonly Go: string;
  readonly Require: readonly { Path: string; Version: string; Indirect?: boolean }[];
  readonly Replace?: readonly { Old: { Path: string }; New: { Path: string; Version?: string } }[];
}

function goJson(...parameters: string[]): unknown {
  return JSON.parse(execFileSync('go', parameters, { cwd: '/', encoding: 'utf8', maxBuffer: 2 ** 26 }));
}

const [version, folder] = process.argv.slice(2);
if (version === undefined || folder === undefined)
  throw new Error('usage: kubernetes-module.ts VERSION FOLDER');
const staging = version.replace(/^v1\./, 'v0.');
// The shapes that `go help mod download` and `go help mod edit` describe.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const download = goJson('mod', 'download', '-json', `k8s.io/kubernetes@${version}`) as Download;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const kubernetes = goJson('mod', 'edit', '-json', download.GoMod) as GoModule;

const requirements = kubernetes.Require.map(
  ({ Path, Version, Indirect }) =>
    `require ${Path} ${Version === 'v0.0.0' ? staging : Version}${Indirect ? ' // indirect' : ''}`,
);
const replacements = (kubernetes.Replace ?? []).map(({ Old, New }) =>
  New.Path.startsWith('./staging/')
    ? `replace ${Old.Path} => ${Old.Path} ${staging}`
    : `replace ${Old.Path} => ${New.Path} ${New.Version ?? ''}`,
);
const lines = [
  'module kube',
  `go ${kubernetes.Go}`,
  `godebug default=go${kubernetes.Go.split('.').slice(0, 2).join('.')}`,
  `require k8s.io/kubernetes ${version}`,
  ...requirements,
  ...replacements,
];
writeFileSync(join(folder, 'go.mod'), `${lines.join('\n')}\n`);
// Its checksums are the start; `go mod download` completes them.
copyFileSync(join(download.Dir, 'go.sum'), join(folder, 'go.sum'));
chmodSync(join(folder, 'go.sum'), 0o644);
