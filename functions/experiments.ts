// Experiments for marketers: define, start, stop, list, look at the result. Every route needs scope admin (functions/authorize.ts).

import { experimentId } from '../lib/base/ids.ts';
import { parseJson } from '../lib/base/input.ts';
import {
  createExperiment,
  existingExperiment,
  replaceExperiment,
  startExperiment,
  stopExperiment,
} from '../lib/experiments/administer-experiment.ts';
import { parseExperimentAction, parseStop } from '../lib/experiments/experiment-api-input.ts';
import { experimentResults as resultsOf, startAnalysis } from '../lib/experiments/experiment-overview.ts';
import {
  bodyText,
  clock,
  experimentResults,
  experimentStore,
  modelsStore,
  pathParameter,
  random,
  respond,
  routes,
  secretStore,
  workflows,
} from './runtime.ts';

const ports = () => ({
  experiments: experimentStore(),
  models: modelsStore(),
  secrets: secretStore(),
  clock: clock(),
  random: random(),
  workflows: workflows(),
  results: experimentResults(),
});

const idOf = (event: Parameters<typeof pathParameter>[0]) =>
  experimentId(pathParameter(event, 'experimentId'));

export const handler = routes({
  'POST /v1/admin/experiments': async (event) =>
    respond(201, await createExperiment(parseJson(bodyText(event)), ports())),
  'GET /v1/admin/experiments': async () => respond(200, { experiments: await experimentStore().list() }),
  'GET /v1/admin/experiments/{experimentId}': async (event) =>
    respond(200, await existingExperiment(idOf(event), experimentStore())),
  'PUT /v1/admin/experiments/{experimentId}': async (event) =>
    respond(200, await replaceExperiment(idOf(event), parseJson(bodyText(event)), ports())),
  'GET /v1/admin/experiments/{experimentId}/result': async (event) =>
    respond(200, await resultsOf(idOf(event), ports())),
  'POST /v1/admin/experiments/{experimentId}/{action}': async (event) => {
    const action = parseExperimentAction(pathParameter(event, 'action'));
    const body = parseJson(bodyText(event));
    switch (action) {
      case 'start':
        return respond(200, await startExperiment(idOf(event), ports()));
      case 'analyse':
        return respond(202, await startAnalysis(idOf(event), ports()));
      case 'stop':
        return respond(200, await stopExperiment(idOf(event), parseStop(body), ports()));
    }
  },
});
