/** At most `maxLength` characters; what was left out is shown as `...`. Status fields have bounds that the API server enforces. */
export function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 3)}...`;
}
