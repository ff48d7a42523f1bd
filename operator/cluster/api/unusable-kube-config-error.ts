/** The kubeconfig names no API server, or one that can't be reached in the way it asks for. */
export class UnusableKubeConfigError extends Error {
  readonly code = 'UNUSABLE_KUBECONFIG';

  constructor(problem: string, remedy: string) {
    super(`the kubeconfig ${problem}: ${remedy}`);
    this.name = 'UnusableKubeConfigError';
  }
}
