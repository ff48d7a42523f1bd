/** Entry of the compute thread: a worker thread does not inherit what runs TypeScript in the process. */
import { register } from 'tsx/esm/api';

register();
await import('./exchange-compute.ts');
