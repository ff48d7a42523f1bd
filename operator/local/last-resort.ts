/**
 * Runs `cleanUp` when the process exits on a way that no `finally` sees: `process.exit`, or an uncaught error.
 * It must be synchronous. Returns a function that takes the registration back.
 */
export function onProcessExit(cleanUp: () => void): () => void {
  process.once('exit', cleanUp);
  return () => {
    process.removeListener('exit', cleanUp);
  };
}
