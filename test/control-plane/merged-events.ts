interface EventLine {
  readonly type: string;
  readonly object: { readonly metadata: { readonly name?: string } };
}

/** As after a lost watch: of each object only the last that became of it, in the place of the first. */
export function merged(lines: readonly string[]): readonly string[] {
  const last = new Map<string, EventLine>();
  for (const line of lines) {
    const event = JSON.parse(line) as EventLine;
    const name = event.object.metadata.name ?? event.type;
    const before = last.get(name);
    const type = before?.type === 'ADDED' && event.type === 'MODIFIED' ? 'ADDED' : reborn(before, event);
    last.set(name, { ...event, type });
  }
  return [...last.values()].map((event) => JSON.stringify(event));
}

/** Deleted and made again: one change of what is there. */
function reborn(before: EventLine | undefined, { type }: EventLine): string {
  return before?.type === 'DELETED' && type === 'ADDED' ? 'MODIFIED' : type;
}
