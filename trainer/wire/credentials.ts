/** This rank's certificate, key and the authorities it trusts, PEM. */
export interface Credentials {
  readonly certificate: string;
  readonly privateKey: string;
  /** One or more CA certificates; several while the authority is being rotated. */
  readonly authorities: string;
}
