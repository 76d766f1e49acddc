// Experiments for marketers: define, start, stop, list, look at the result and the report; and policies judged from the logs alone. Every route needs scope admin (functions/authorize.ts).

import { experimentId } from '../lib/base/ids.ts';
import { parseJson } from '../lib/base/input.ts';
import {
  createExperiment,
  existingExperiment,
  replaceExperiment,
  stopExperiment,
} from '../lib/experiments/administer-experiment.ts';
import { parseExperimentAction, parseNothing, parseStop } from '../lib/experiments/experiment-api-input.ts';
import { experimentResults as resultsOf, startAnalysis } from '../lib/experiments/experiment-overview.ts';
import { experimentReport } from '../lib/experiments/experiment-report.ts';
import { holdoutReport, startHoldoutReport } from '../lib/experiments/holdout-report.ts';
import { planExperiment, startPlannedExperiment } from '../lib/experiments/plan-experiment.ts';
import { requestEvaluation } from '../lib/experiments/policy/request-evaluation.ts';
import { existingEvaluation } from '../lib/experiments/policy/run-evaluation.ts';
import {
  archiveStore,
  bodyText,
  campaignStore,
  clock,
  customerStore,
  evaluationStore,
  experimentResults,
  experimentStore,
  modelsStore,
  pathParameter,
  random,
  respond,
  respondReport,
  routes,
  secretStore,
  settings,
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

const planPorts = () => ({
  experiments: experimentStore(),
  customers: customerStore(),
  secrets: secretStore(),
  settings: settings(),
  clock: clock(),
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
  'GET /v1/admin/experiments/{experimentId}/report': async (event) => {
    const answer = await experimentReport(
      idOf(event),
      event.queryStringParameters ?? {},
      { ...ports(), archive: archiveStore() },
      event.headers['accept-language'],
    );
    return respondReport(answer);
  },
  'GET /v1/admin/holdout/report': async () =>
    respond(200, {
      report: await holdoutReport({ archive: archiveStore(), settings: settings(), clock: clock() }),
    }),
  'POST /v1/admin/holdout/report': async (event) => {
    parseNothing(parseJson(bodyText(event)), 'report request');
    return respond(202, await startHoldoutReport(workflows(), clock()));
  },
  'POST /v1/admin/experiments/{experimentId}/{action}': async (event) => {
    const action = parseExperimentAction(pathParameter(event, 'action'));
    const body = parseJson(bodyText(event));
    switch (action) {
      case 'start':
        return respond(200, await startPlannedExperiment(idOf(event), body, { ...ports(), ...planPorts() }));
      case 'plan':
        return respond(200, await planExperiment(idOf(event), body, planPorts()));
      case 'analyse':
        parseNothing(body, 'analysis request');
        return respond(202, await startAnalysis(idOf(event), ports()));
      case 'stop':
        return respond(200, await stopExperiment(idOf(event), parseStop(body), ports()));
    }
  },
  'POST /v1/admin/evaluations': async (event) => {
    const request = {
      evaluations: evaluationStore(),
      workflows: workflows(),
      campaigns: campaignStore(),
      models: modelsStore(),
      clock: clock(),
      random: random(),
    };
    return respond(202, await requestEvaluation(parseJson(bodyText(event)), request));
  },
  'GET /v1/admin/evaluations': async () => respond(200, { evaluations: await evaluationStore().list() }),
  'GET /v1/admin/evaluations/{evaluationId}': async (event) =>
    respond(200, await existingEvaluation(pathParameter(event, 'evaluationId'), evaluationStore())),
});
