/** One page of a list; `cursor` goes on, null ends it. A page may be short, even empty, and still go on. */
export interface Page<Item> {
  items: Item[];
  cursor: string | null;
}

/**
 * Every item of a list, page by page, fetched as the loop asks for them:
 * `for await (const lead of items((cursor) => client.GET("/api/leads", { params: { query: { cursor } } })))`.
 */
export async function* items<Item>(
  read: (cursor: string | undefined) => Promise<{ data?: Page<Item> }>,
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | undefined;
  do {
    const { data } = await read(cursor);
    if (!data) return;
    yield* data.items;
    cursor = data.cursor ?? undefined;
  } while (cursor !== undefined);
}
