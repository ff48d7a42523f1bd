const LINE = /.{1,64}/g;

/** DER as text (RFC 7468). @param label such as `CERTIFICATE` */
export function toPem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der).toString('base64').match(LINE) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
