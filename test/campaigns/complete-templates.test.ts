import { describe, expect, it } from 'vitest';
import { createCampaign, replaceCampaign } from '../../lib/campaigns/administer.ts';
import { completeTemplates } from '../../lib/campaigns/complete-templates.ts';
import { htmlToText } from '../../lib/deliveries/html-to-text.ts';
import { compileMjml } from '../../lib/deliveries/mjml.ts';
import { checkTemplates } from '../../lib/deliveries/template-check.ts';
import { memoryCampaignStore } from '../fakes/campaign-store.ts';
import { fakeCatalogStore } from '../fakes/catalog-store.ts';
import { fakeCouponStore } from '../fakes/coupon-store.ts';
import { fakeWorkflows } from '../fakes/workflows.ts';
import { movedClock, templateRules } from './sample.ts';

const maker = { compile: compileMjml, textOf: htmlToText };
const mjml = (content: string): string =>
  `<mjml><mj-body><mj-section><mj-column><mj-text>${content} <a href="{{ unsubscribeUrl }}">Out</a></mj-text></mj-column></mj-section></mj-body></mjml>`;
const definition = (en: object) => ({
  name: 'Welcome back',
  audience: { all: [] },
  trigger: { kind: 'at', at: '2026-06-10T12:00:00Z' },
  variants: [{ name: 'mail', weight: 1, action: { kind: 'reminder', templates: { en } } }],
});
const open = () => ({
  campaigns: memoryCampaignStore(),
  coupons: fakeCouponStore(),
  catalog: fakeCatalogStore(),
  workflows: fakeWorkflows(),
  clock: movedClock(),
  random: { bytes: (count: number) => new Uint8Array(count) },
  templates: { ...templateRules, ...maker, check: checkTemplates },
});
const templateOf = ({ variants: [{ action }] }: Awaited<ReturnType<typeof createCampaign>>) => {
  if (action.kind !== 'reminder') throw new Error('no reminder');
  return action.templates.en;
};

describe('completing the templates of a definition', () => {
  it('compiles MJML when the campaign is saved, makes the text part, and keeps the source', async () => {
    const ports = open();
    const created = await createCampaign(definition({ subject: 'Hi', mjml: mjml('Hello') }), ports);
    const { html, text, textIsMade, mjml: source } = templateOf(created);
    expect(html).toMatch(/^<!doctype html>/);
    expect(text).toBe('Hello Out <{{ unsubscribeUrl }}>\n');
    expect(textIsMade).toBe(true);
    expect(source).toBe(mjml('Hello'));
    expect(Object.keys(created.defaults).filter((path) => path.startsWith('variants'))).toEqual([]);
  });

  it('makes both anew when the campaign is sent back with other MJML, and leaves a text of its own alone', async () => {
    const ports = open();
    const created = await createCampaign(definition({ subject: 'Hi', mjml: mjml('Hello') }), ports);
    const changed = { ...templateOf(created), mjml: mjml('Good day') };
    const again = await replaceCampaign(created.campaignId, definition(changed), ports);
    expect(templateOf(again)).toMatchObject({ text: 'Good day Out <{{ unsubscribeUrl }}>\n' });
    expect(templateOf(again).html).toContain('Good day');
    const own = { subject: 'Hi', mjml: mjml('Bye'), text: 'Mine {{ unsubscribeUrl }}' };
    const third = await replaceCampaign(created.campaignId, definition(own), ports);
    expect(templateOf(third)).toMatchObject({ text: 'Mine {{ unsubscribeUrl }}' });
  });

  it('names every fault of the MJML with its line, beside all other problems, and stores nothing', async () => {
    const ports = open();
    const bad = { subject: '', mjml: '<mjml>\n<mj-body>\n<mj-sektion />\n</mj-body>\n</mjml>' };
    await expect(createCampaign(definition(bad), ports)).rejects.toMatchObject({
      detail: {
        problems: [
          {
            path: 'variants.0.action.templates.en.mjml',
            message: expect.stringMatching(/^line 3: .*mj-sektion/),
          },
          { path: 'variants.0.action.templates.en.subject' },
        ],
      },
    });
    expect(await ports.campaigns.list()).toEqual([]);
  });

  it('reports a fault of Liquid inside MJML at the MJML', async () => {
    const bad = { subject: 'Hi', mjml: mjml('{{ custmer.name }}') };
    await expect(createCampaign(definition(bad), open())).rejects.toMatchObject({
      detail: {
        problems: [
          { path: 'variants.0.action.templates.en.mjml', message: expect.stringContaining('custmer') },
          { path: 'variants.0.action.templates.en.text' },
        ],
      },
    });
  });

  it('finds templates wherever they stand, and leaves everything else as it came', async () => {
    const step = { kind: 'send', message: { templates: { en: { html: '<p>x</p>' } } } };
    const { input } = await completeTemplates({ variants: [{ action: { steps: [step] } }], n: null }, maker);
    expect(input).toEqual({
      variants: [
        {
          action: {
            steps: [
              {
                kind: 'send',
                message: { templates: { en: { html: '<p>x</p>', text: 'x\n', textIsMade: true } } },
              },
            ],
          },
        },
      ],
      n: null,
    });
    for (const odd of [null, 7, 'x', [], { templates: 3 }, { templates: { en: null } }]) {
      expect((await completeTemplates(odd, maker)).input).toEqual(odd);
    }
  });
});
