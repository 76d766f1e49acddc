// Campaigns for marketers: define, preview on one customer, start, pause, resume, cancel, look at the result.
// Every route needs scope admin (functions/authorize.ts).

import { campaignId, customerId } from '../lib/base/ids.ts';
import { parseJson } from '../lib/base/input.ts';
import { actOnCampaign, createCampaign, replaceCampaign } from '../lib/campaigns/administer.ts';
import { parseAction, parsePreview, parseTestSend } from '../lib/campaigns/api-input.ts';
import { pageCampaigns } from '../lib/campaigns/list.ts';
import { createFromStrategy, listStrategies } from '../lib/campaigns/strategies/strategies.ts';
import { previewCampaign, previewCustomers } from '../lib/deliveries/campaign-preview.ts';
import { customerMessages } from '../lib/deliveries/customer-messages.ts';
import { defaultTemplates } from '../lib/deliveries/default-templates.ts';
import { htmlToText } from '../lib/deliveries/html-to-text.ts';
import { compileMjml } from '../lib/deliveries/mjml.ts';
import { parseProblemsQuery, problemsOf } from '../lib/deliveries/problems.ts';
import { checkTemplates } from '../lib/deliveries/template-check.ts';
import { sendTest } from '../lib/deliveries/test-send.ts';
import { campaignResults, campaignWithRuns } from '../lib/experiments/overview.ts';
import { planCampaign } from '../lib/experiments/plan-campaign.ts';
import { campaignReport, startReport } from '../lib/experiments/report-request.ts';
import { startCampaign } from '../lib/experiments/start-campaign.ts';
import {
  apiUrl,
  archiveStore,
  assortment,
  bodyText,
  campaignStore,
  catalogStore,
  clock,
  couponStore,
  customerStore,
  deliveryStore,
  fromAddress,
  journeyStore,
  mailTransport,
  pathParameter,
  random,
  respond,
  respondReport,
  resultStore,
  routes,
  secretStore,
  settings,
  workflows,
} from './runtime.ts';

const ports = () => ({
  campaigns: campaignStore(),
  coupons: couponStore(),
  catalog: catalogStore(),
  workflows: workflows(),
  clock: clock(),
  random: random(),
  templates: {
    check: checkTemplates,
    defaults: defaultTemplates,
    compile: compileMjml,
    textOf: htmlToText,
  },
});

const previewPorts = () => ({
  campaigns: campaignStore(),
  customers: customerStore(),
  catalog: catalogStore(),
  secrets: secretStore(),
  assortment: assortment(),
  clock: clock(),
  settings: settings(),
  apiUrl: apiUrl(),
});

const testSendPorts = () => ({
  ...previewPorts(),
  transport: mailTransport(),
  deliveries: deliveryStore(),
  fromAddress: fromAddress(),
});

const reportPorts = () => ({
  campaigns: campaignStore(),
  archive: archiveStore(),
  workflows: workflows(),
  clock: clock(),
});

const idOf = (event: Parameters<typeof pathParameter>[0]) => campaignId(pathParameter(event, 'campaignId'));

export const handler = routes({
  'POST /v1/admin/campaigns': async (event) =>
    respond(201, await createCampaign(parseJson(bodyText(event)), ports())),
  'GET /v1/admin/campaigns': async (event) =>
    respond(200, await pageCampaigns(event.queryStringParameters ?? {}, campaignStore())),
  'GET /v1/admin/campaigns/{campaignId}': async (event) =>
    respond(200, await campaignWithRuns(idOf(event), campaignStore())),
  'PUT /v1/admin/campaigns/{campaignId}': async (event) =>
    respond(200, await replaceCampaign(idOf(event), parseJson(bodyText(event)), ports())),
  'GET /v1/admin/campaigns/{campaignId}/result': async (event) =>
    respond(200, await campaignResults(idOf(event), { ...ports(), results: resultStore() })),
  'GET /v1/admin/campaigns/{campaignId}/runs/{runId}/problems': async (event) =>
    respond(
      200,
      await problemsOf(
        {
          campaignId: idOf(event),
          runId: pathParameter(event, 'runId'),
          ...parseProblemsQuery(event.queryStringParameters ?? {}),
        },
        { campaigns: campaignStore(), archive: archiveStore(), deliveries: deliveryStore() },
      ),
    ),
  'GET /v1/admin/customers/{userId}/messages': async (event) =>
    respond(
      200,
      await customerMessages(customerId(pathParameter(event, 'userId')), event.queryStringParameters ?? {}, {
        ...previewPorts(),
        deliveries: deliveryStore(),
        journeys: journeyStore(),
      }),
    ),
  'GET /v1/admin/strategies': async () => respond(200, listStrategies()),
  'POST /v1/admin/strategies/{name}/campaigns': async (event) =>
    respond(201, await createFromStrategy(pathParameter(event, 'name'), parseJson(bodyText(event)), ports())),

  'GET /v1/admin/campaigns/{campaignId}/report': async (event) => {
    const answer = await campaignReport(
      idOf(event),
      event.queryStringParameters ?? {},
      { ...reportPorts(), results: resultStore() },
      event.headers['accept-language'],
    );
    return respondReport(answer);
  },
  'POST /v1/admin/campaigns/{campaignId}/report': async (event) =>
    respond(202, await startReport(idOf(event), reportPorts())),

  'POST /v1/admin/campaigns/{campaignId}/{action}': async (event) => {
    const action = parseAction(pathParameter(event, 'action'));
    const body = () => parseJson(bodyText(event));
    switch (action) {
      case 'preview': {
        const request = parsePreview(body());
        return respond(
          200,
          'customerId' in request
            ? await previewCampaign(idOf(event), request, previewPorts())
            : await previewCustomers(idOf(event), request, previewPorts()),
        );
      }
      case 'plan':
        return respond(200, await planCampaign(idOf(event), body(), previewPorts()));
      case 'start':
        return respond(200, await startCampaign(idOf(event), body(), { ...previewPorts(), ...ports() }));
      case 'test-send':
        return respond(200, await sendTest(idOf(event), parseTestSend(body()), testSendPorts()));
      default:
        return respond(200, await actOnCampaign(idOf(event), action, ports()));
    }
  },
});
