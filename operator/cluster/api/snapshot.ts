import { ApiError } from './errors.ts';
import type { KubeObject, Snapshot } from './types.ts';

interface Page {
  readonly items?: readonly unknown[] | null;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

const PAGE_OBJECTS = '500';
/** A continue token lives some 5 minutes; a list that outlives it this often won't end. */
const MAX_FRESH_STARTS = 3;

/**
 * Reads a whole collection page by page. All pages are of one resource version; when that version expires under way, the reading
 * starts afresh, since going on would mix two states.
 */
export async function takeSnapshot<T extends KubeObject>(
  readPage: (limit: string, continueToken: string | undefined) => Promise<unknown>,
): Promise<Snapshot<T>> {
  for (let freshStarts = 0; ; freshStarts += 1) {
    try {
      return await readAllPages(readPage);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 410 || freshStarts === MAX_FRESH_STARTS)
        throw error;
    }
  }
}

async function readAllPages<T extends KubeObject>(
  readPage: (limit: string, continueToken: string | undefined) => Promise<unknown>,
): Promise<Snapshot<T>> {
  const items: T[] = [];
  let continueToken: string | undefined;
  for (;;) {
    const { items: pageItems, metadata } = (await readPage(PAGE_OBJECTS, continueToken)) as Page;
    for (const item of pageItems ?? []) items.push(item as T);
    continueToken = metadata?.continue;
    if (continueToken === undefined || continueToken === '') {
      return { items, resourceVersion: metadata?.resourceVersion ?? '' };
    }
  }
}
