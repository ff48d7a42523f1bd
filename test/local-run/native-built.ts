import { nativeLoads } from '../../cli/demo/native-check.ts';

/** Whether native TensorFlow is built here; says so where it is not, because tests are then skipped. */
export async function nativeIsBuilt(): Promise<boolean> {
  const loads = await nativeLoads();
  if (!loads) console.warn('native TensorFlow is not built (`make native`), so its tests are skipped');
  return loads;
}
