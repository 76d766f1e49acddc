// Trainings, models, keys, a look at one customer and their channels that the owner stops. Every route needs scope admin (functions/authorize.ts).

import { customerId, modelVersion } from '../lib/base/ids.ts';
import { parseJson } from '../lib/base/input.ts';
import { cacheMs } from '../lib/base/limits.ts';
import { freeChannel, parseOwnedChannel, parseOwnerNote, stopChannel } from '../lib/deliveries/owner-stop.ts';
import { importSuppressions, parseSuppressions } from '../lib/deliveries/suppression-import.ts';
import { makeKey } from '../lib/events/access.ts';
import { readCustomer } from '../lib/events/customer-lookup.ts';
import { parseKeyInput } from '../lib/events/key-input.ts';
import { findTraining, requestTraining } from '../lib/recommenders/training-request.ts';
import { listVersions, promoteVersion } from '../lib/recommenders/versions.ts';
import {
  bodyText,
  clock,
  customerStore,
  eventQueue,
  keyStore,
  modelRegistry,
  modelsStore,
  pathParameter,
  random,
  respond,
  routes,
  workflows,
} from './runtime.ts';

const models = () => ({ registry: modelRegistry(), models: modelsStore() });

const consent = () => ({ customers: customerStore(), events: eventQueue(), clock: clock() });

const channelOf = (event: Parameters<typeof pathParameter>[0]) =>
  parseOwnedChannel(pathParameter(event, 'userId'), pathParameter(event, 'channel'));

export const handler = routes({
  'POST /v1/admin/trainings': async (event) => {
    const ports = { registry: modelRegistry(), workflows: workflows(), random: random() };
    const body = parseJson(bodyText(event));
    const idempotencyKey = event.headers['idempotency-key'];
    return respond(202, await requestTraining({ body, idempotencyKey }, ports, clock().nowMs()));
  },
  'GET /v1/admin/trainings': async () => respond(200, { trainings: await modelRegistry().trainings() }),
  'GET /v1/admin/trainings/{trainingId}': async (event) =>
    respond(200, await findTraining(modelRegistry(), pathParameter(event, 'trainingId'))),

  'GET /v1/admin/models': async () => respond(200, await listVersions(models())),
  'POST /v1/admin/models/{version}/promotion': async (event) => {
    const version = modelVersion(pathParameter(event, 'version'));
    return respond(200, await promoteVersion(version, models(), clock().nowMs()));
  },

  'GET /v1/admin/keys': async () => respond(200, { keys: await keyStore().list() }),
  'POST /v1/admin/keys': async (event) => {
    const { scope, app } = parseKeyInput(parseJson(bodyText(event)));
    const { key, hash, secret } = makeKey(scope, app, clock().nowMs(), random());
    await keyStore().create(key, hash);
    return respond(201, { ...key, secret });
  },
  'DELETE /v1/admin/keys/{keyId}': async (event) => {
    const keyId = pathParameter(event, 'keyId');
    const nowMs = clock().nowMs();
    await keyStore().revoke(keyId, new Date(nowMs).toISOString());
    // Functions that have just seen the key trust it for that long.
    return respond(200, { revoked: keyId, refusedFrom: new Date(nowMs + cacheMs).toISOString() });
  },

  'GET /v1/admin/customers/{userId}': async (event) => {
    const userId = customerId(pathParameter(event, 'userId'));
    return respond(200, await readCustomer(userId, customerStore(), modelRegistry()));
  },
  'PUT /v1/admin/customers/{userId}/suppressions/{channel}': async (event) =>
    respond(200, await stopChannel(channelOf(event), parseOwnerNote(parseJson(bodyText(event))), consent())),
  'DELETE /v1/admin/customers/{userId}/suppressions/{channel}': async (event) =>
    respond(200, await freeChannel(channelOf(event), parseOwnerNote(parseJson(bodyText(event))), consent())),
  'POST /v1/admin/suppressions/import': async (event) => {
    const rows = parseSuppressions(event.headers['content-type'] ?? '', bodyText(event));
    return respond(202, await importSuppressions(rows, consent()));
  },
});
