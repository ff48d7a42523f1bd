import type { Plugin } from 'esbuild';

/** Importing file and what it imports for methods that we never call. */
const UNCALLED: readonly (readonly [importer: string, imported: RegExp])[] = [
  // KubeConfig: beside what reads credentials, the generated API classes, an HTTP client and two proxies.
  [
    '@kubernetes/client-node/dist/config.js',
    /^\.\/gen\/index\.js$|^node-fetch$|^socks-proxy-agent$|^hpagent$/,
  ],
  // What reads the bodies of requests: ours have none.
  ['express/lib/express.js', /^body-parser$/],
];

/** Keeps that out of a bundle: it is memory, and time of every start (docs/decisions/006). */
export const uncalledByOurs: Plugin = {
  name: 'uncalled-by-ours',
  setup(bundler) {
    for (const [from, filter] of UNCALLED) {
      bundler.onResolve({ filter }, ({ path, importer }) =>
        importer.endsWith(from) ? { path, namespace: 'uncalled' } : undefined,
      );
    }
    bundler.onLoad({ filter: /.*/, namespace: 'uncalled' }, () => ({
      contents: 'module.exports = {}',
      loader: 'js',
    }));
  },
};
