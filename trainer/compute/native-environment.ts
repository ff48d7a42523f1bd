/**
 * The environment TensorFlow reads (through getenv) when its library is loaded. A worker thread's `process.env` is a
 * copy that native code never sees, so set these in the child's environment when the process is started, or in
 * `process.env` of the main thread before the compute thread opens the backend.
 */
export function nativeEnvironment(
  threads: number,
  inherited: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const wanted: Record<string, string> = {
    // Errors only: the start-up banner and the CPU feature notes go to stderr otherwise.
    TF_CPP_MIN_LOG_LEVEL: '2',
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: String(threads),
    // Off by default on CPUs without AVX-512; why we set it: decision 002. `bench -- compute` measures both.
    TF_ENABLE_ONEDNN_OPTS: '1',
    // Several workers may share one GPU; by default the first would take all of its memory.
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  };
  return Object.fromEntries(Object.entries(wanted).map(([name, value]) => [name, inherited[name] ?? value]));
}
