const names = { SIGINT: 'Ctrl-C', SIGTERM: 'SIGTERM', SIGHUP: 'the terminal was closed' } as const;

/** Listens to the signals by which a user or the system ends a command. Returns how to stop listening. */
export function onProcessInterrupt(listener: (signal: string) => void): () => void {
  const entries = Object.entries(names).map(([signal, name]) => [signal, () => listener(name)] as const);
  for (const [signal, callBack] of entries) process.on(signal, callBack);
  return () => {
    for (const [signal, callBack] of entries) process.removeListener(signal, callBack);
  };
}
