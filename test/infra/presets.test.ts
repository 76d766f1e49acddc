import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig, workspaceSettings } from '../../infra/config.ts';
import { presetNames, readPreset, readPresetItems } from '../../infra/presets.ts';
import { customerId, itemId, messageId, recommendationId } from '../../lib/base/ids.ts';
import { seededRandom } from '../../lib/base/random.ts';
import type { Campaign, MessageAction } from '../../lib/campaigns/campaign.ts';
import { checkDefinition } from '../../lib/campaigns/definition.ts';
import { strategies } from '../../lib/campaigns/strategies/strategies.ts';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import { deliverOne } from '../../lib/deliveries/deliver.ts';
import { checkTemplates } from '../../lib/deliveries/template-check.ts';
import type { JsonObject } from '../../lib/events/event.ts';
import { parseItems } from '../../lib/events/item-import.ts';
import { createAssortment } from '../../lib/recommendations/assortment.ts';
import { recommend } from '../../lib/recommendations/recommend.ts';
import { couponCampaign, createStage, dayMs, memberOf, noonMs, recordOf } from '../deliveries/stage.ts';

const itemsOf = (name: (typeof presetNames)[number]) =>
  parseItems('application/x-ndjson', readPresetItems(name), noonMs);

describe.each(presetNames)('the preset %s', (name) => {
  it('is a valid configuration, and what the owner states goes before it', () => {
    const settings = workspaceSettings(parseConfig({ preset: name }, 'c'));
    expect(settings.eligibilityRules).toEqual(readPreset(name).settings.eligibilityRules);
    expect(
      workspaceSettings(parseConfig({ preset: name, eligibilityRules: [] }, 'c')).eligibilityRules,
    ).toEqual([]);
  });

  it('has a catalogue that the import takes, in both languages, with attributes that its rules ask for', () => {
    const items = itemsOf(name);
    expect(new Set(items.map(({ language }) => language))).toEqual(new Set(['en', 'zh-CN']));
    const { eligibilityRules } = workspaceSettings(parseConfig({ preset: name }, 'c'));
    for (const { item } of eligibilityRules) {
      expect(
        items.some(({ attributes }) => item.attribute in attributes),
        item.attribute,
      ).toBe(true);
    }
    expect(items.some(({ repurchase }) => repurchase.kind === 'renews')).toBe(true);
  });

  it('names strategies that are valid campaigns with its parameters, about items that it has', () => {
    const rules = { check: checkTemplates, defaults: defaultTemplates };
    const ids = new Set(itemsOf(name).map((item) => String(item.itemId)));
    for (const { name: wanted, parameters } of readPreset(name).strategies) {
      const found = strategies.find((one) => one.name === wanted);
      const definition = found?.define(parameters ?? {}, noonMs);
      expect(() => checkDefinition(definition, rules), wanted).not.toThrow();
      const named = (parameters as { itemIds?: readonly string[] } | undefined)?.itemIds ?? [];
      expect(named.filter((id) => !ids.has(id))).toEqual([]);
    }
  });
});

it('a preset that does not exist is refused with those that do', () => {
  expect(() => parseConfig({ preset: 'fish' }, 'c')).toThrow(/preset.*finance/);
});

describe('risk suitability with the preset finance', () => {
  const items = itemsOf('finance');
  const settings = workspaceSettings(parseConfig({ preset: 'finance' }, 'c'));
  const assortment = createAssortment(undefined, items, new Set());
  const riskOf = (id: string): number =>
    Number(items.find((item) => item.itemId === id)?.attributes.riskLevel ?? 0);

  it('no item above the customer\u2019s tolerance is ever recommended, and none with a risk where it is not known', () => {
    const traits = fc.record(
      {
        riskTolerance: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant('high')),
        age: fc.integer({ min: 10, max: 90 }),
        professionalInvestor: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    const seen = fc.array(fc.constantFrom(...items.map((item) => item.itemId)), { maxLength: 5 });
    fc.assert(
      fc.property(traits, seen, fc.integer(), (told, viewed, seed) => {
        const state = {
          events: viewed.map((id, index) => ({
            messageId: messageId(`m${index}`),
            type: 'view' as const,
            itemId: id,
            atMs: noonMs - dayMs,
          })),
          owned: {},
          orders: {},
          revision: 1,
        };
        const { items: answered } = recommend(
          { userId: customerId('ada'), limit: 100, placement: 'mail', exclude: new Set() },
          { ...recordOf('ada', { traits: told as JsonObject }), state },
          assortment,
          {
            recommendationId: recommendationId('r'),
            nowMs: noonMs,
            random: seededRandom(seed),
            explorationShare: 0.5,
            reranking: settings.reranking,
            eligibilityRules: settings.eligibilityRules,
          },
        );
        const tolerance = typeof told.riskTolerance === 'number' ? told.riskTolerance : 0;
        for (const { itemId: id } of answered) expect(riskOf(id)).toBeLessThanOrEqual(tolerance);
        if (told.professionalInvestor !== true) {
          expect(answered.map(({ itemId: id }) => String(id))).not.toContain('note-structured');
        }
      }),
      { numRuns: 200 },
    );
  });

  const trialOf = (id: string): Campaign => {
    const [coupon] = couponCampaign.variants;
    const { offer, templates } = coupon.action as Extract<MessageAction, { kind: 'coupon' }>;
    const discount = { kind: 'trial', itemId: itemId(id), days: 30 } as const;
    const variants = [
      {
        name: 'coupon',
        weight: 1,
        action: { kind: 'coupon' as const, templates, offer: { ...offer, discount } },
      },
    ];
    return { ...couponCampaign, variants };
  };

  it.each([
    [5, 'sent'],
    [4, 'sent'],
    [3, 'suppressed'],
    [undefined, 'suppressed'],
  ] as const)('a trial of a fund of risk 4 is, at a tolerance of %s, %s', async (riskTolerance, kind) => {
    const stage = createStage();
    const context = { ...stage.context, settings, assortment: async () => assortment };
    const traits: JsonObject = riskTolerance === undefined ? {} : { riskTolerance };
    const record = recordOf('ada', { traits, consents: { email: { marketing: { given: true, atMs: 0 } } } });
    const outcome = await deliverOne(trialOf('fund-world'), memberOf('ada'), record, context);
    expect(outcome.kind).toBe(kind);
    expect(stage.mailer.sent).toHaveLength(kind === 'sent' ? 1 : 0);
    if (kind === 'suppressed') expect(outcome.reason).toBe('not-suitable');
  });
});
