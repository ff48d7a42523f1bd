import { fileURLToPath } from 'node:url';

/** `examples/` lies beside `cli/`, where this source is, and beside `dist/`, where its bundle is. */
export const demoFile = fileURLToPath(new URL('../examples/mnist-lenet.yaml', import.meta.url));
