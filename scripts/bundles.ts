/** What modules open beside themselves, by `new URL('./name', import.meta.url)`: it belongs beside their bundle. */
export const assets = ['trainer/ternary/kernels.wasm', 'trainer/wire/terngrad.proto'];

/** Bundled CommonJS packages use what an ES module does not have. */
export const commonJsBanner = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  'const require = createRequireOfBundle(import.meta.url);',
  'const __filename = import.meta.filename, __dirname = import.meta.dirname;',
].join(' ');
