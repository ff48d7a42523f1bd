/** In a module of its own: the compiled bundle, which is a script to V8, gets it from the module that loads it (`trainer/precompiled.ts`). */
export function importModule(url: string): Promise<Record<string, unknown>> {
  return import(url) as Promise<Record<string, unknown>>;
}
