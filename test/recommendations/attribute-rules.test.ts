import { describe, expect, it } from 'vitest';
import { customerId } from '../../lib/base/ids.ts';
import type { EligibilityRule } from '../../lib/base/settings.ts';
import type { JsonObject } from '../../lib/events/event.ts';
import { obeysRules } from '../../lib/recommendations/attribute-rules.ts';
import { idsOf, item, list, longAgo } from './scene.ts';

const age: EligibilityRule = { item: { attribute: 'minimumAge' }, customer: { trait: 'age', op: 'gte' } };
const risk: EligibilityRule = {
  item: { attribute: 'riskLevel' },
  customer: { trait: 'riskTolerance', op: 'gte' },
};
const adult: EligibilityRule = {
  item: { attribute: 'adult', equals: true },
  customer: { trait: 'age', op: 'gte', value: 18 },
};
const obeys = (rule: EligibilityRule, attributes: JsonObject, traits: JsonObject): boolean =>
  obeysRules([rule], traits)({ attributes });

describe('a rule by attribute', () => {
  it('compares the trait with what the item states', () => {
    expect([17, 18, 19].map((years) => obeys(age, { minimumAge: 18 }, { age: years }))).toEqual([
      false,
      true,
      true,
    ]);
    expect(obeys(risk, { riskLevel: 3 }, { riskTolerance: 2 })).toBe(false);
  });

  it('does not apply to items without the attribute or with another value of it', () => {
    expect(obeys(age, {}, {})).toBe(true);
    expect(obeys(age, { minimumAge: null }, {})).toBe(true);
    expect(obeys(adult, { adult: false }, { age: 12 })).toBe(true);
    expect(obeys(adult, { adult: true }, { age: 12 })).toBe(false);
    expect(obeys(adult, { adult: true }, { age: 18 })).toBe(true);
  });

  it('is not satisfied by a trait that is missing or of another kind', () => {
    expect(obeys(age, { minimumAge: 18 }, {})).toBe(false);
    expect(obeys(age, { minimumAge: 18 }, { age: '40' })).toBe(false);
    expect(obeys({ ...age, customer: { trait: 'toString', op: 'ne' } }, { minimumAge: 18 }, {})).toBe(false);
  });

  it('keeps its items out of every part of an answer, explored ones included', () => {
    const items = [
      item('fund', { attributes: { riskLevel: 4 } }),
      item('calm', { attributes: { riskLevel: 1 } }),
      item('plain'),
    ];
    const profile = {
      customerId: customerId('u1'),
      traits: { riskTolerance: 2 },
      traitTimes: {},
      suppressed: {},
      createdAtMs: longAgo,
    };
    const scene = {
      serving: { items, neighbours: {}, counts: { fund: 1 } },
      record: { ...list(['fund'], ['calm']), profile },
      explorationShare: 0.5,
    };
    expect(new Set(idsOf(scene))).toEqual(new Set(['calm', 'fund', 'plain']));
    for (let seed = 0; seed < 20; seed++) {
      expect(new Set(idsOf({ ...scene, rules: [risk], seed }))).toEqual(new Set(['calm', 'plain']));
    }
    expect(idsOf({ ...scene, record: {}, rules: [risk] })).toEqual(['plain']);
  });
});
