// Items: one by one and by file. Reading needs scope read, writing admin (functions/authorize.ts sees to it).

import { parseJson } from '../lib/base/input.ts';
import { deleteItem, importItems, pageItems, putItem, readItem } from '../lib/events/catalog.ts';
import { bodyText, catalogStore, clock, pathParameter, respond, routes } from './runtime.ts';

export const handler = routes({
  'GET /v1/items': async (event) =>
    respond(200, await pageItems(catalogStore(), event.queryStringParameters ?? {})),

  'GET /v1/items/{itemId}': async (event) =>
    respond(200, await readItem(catalogStore(), pathParameter(event, 'itemId'))),

  'PUT /v1/items/{itemId}': async (event) => {
    const body = parseJson(bodyText(event));
    return respond(200, await putItem(catalogStore(), pathParameter(event, 'itemId'), body, clock().nowMs()));
  },

  'DELETE /v1/items/{itemId}': async (event) => {
    await deleteItem(catalogStore(), pathParameter(event, 'itemId'));
    return respond(200, { deleted: pathParameter(event, 'itemId') });
  },

  'POST /v1/items/import': async (event) => {
    const contentType = event.headers['content-type'] ?? '';
    const imported = await importItems(catalogStore(), contentType, bodyText(event), clock().nowMs());
    return respond(200, imported);
  },
});
