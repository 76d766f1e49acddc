import { describe, expect, it } from 'vitest';
import { itemSchema } from '../../lib/events/item-input.ts';
import { parseMessage } from '../../lib/events/parse-message.ts';
import { learnerHistory } from '../../local/market/history.ts';
import { createMarket } from '../../local/market/market.ts';

const endMs = Date.UTC(2026, 0, 31);
const small = createMarket('small', { learners: 300, courses: 120, historyDays: 200, endMs });
const full = createMarket(1, { endMs });
const messages = small.learners.flatMap((learner) => learnerHistory(small, learner).messages);

describe('the simulated market', () => {
  it('is the same for the same seed and another for another seed', () => {
    const again = createMarket('small', { learners: 300, courses: 120, historyDays: 200, endMs });
    expect(again.learners).toEqual(small.learners);
    expect(learnerHistory(again, again.learners[7])).toEqual(learnerHistory(small, small.learners[7]));
    const other = createMarket('other', { learners: 300, courses: 120, historyDays: 200, endMs });
    expect(other.learners.map(({ taste }) => taste)).not.toEqual(small.learners.map(({ taste }) => taste));
  });

  it('has 300 distinct items, half of them in each language, with memberships that renew and passes that expire', () => {
    expect(new Set(full.items.map(({ itemId }) => itemId)).size).toBe(300);
    expect(full.items.filter(({ language }) => language === 'en')).toHaveLength(150);
    const rules = new Set(full.items.map(({ repurchase }) => JSON.stringify(repurchase)));
    expect(rules).toEqual(
      new Set([
        '{"kind":"once"}',
        '{"kind":"consumable"}',
        '{"kind":"renews","days":30}',
        '{"kind":"renews","days":365}',
        '{"kind":"expires","days":180}',
      ]),
    );
    expect(new Set(full.items.map(({ title, language }) => `${language} ${title}`)).size).toBe(300);
  });

  it('has items that the catalogue accepts', () => {
    const refused = full.items.flatMap(({ vector: _vector, popularity: _popularity, ...item }) =>
      itemSchema.safeParse(item).success ? [] : [item.itemId],
    );
    expect(refused).toEqual([]);
  });

  it('sends only events that capture accepts, each under its own message id, none after the end', () => {
    const refused = messages.flatMap((message, index) => {
      const json = JSON.parse(JSON.stringify(message));
      const parsed = parseMessage(json, index, { receivedAtMs: endMs, source: 'market' });
      return parsed.kind === 'refused' ? [parsed.refusal] : [];
    });
    expect(refused).toEqual([]);
    expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(messages.length);
    expect(messages.filter(({ timestamp }) => Date.parse(timestamp) > endMs)).toEqual([]);
  });

  it('sends 25 to 35 events a learner in order of time', () => {
    const histories = full.learners.slice(0, 500).map((learner) => learnerHistory(full, learner).messages);
    const mean = histories.reduce((sum, history) => sum + history.length, 0) / histories.length;
    expect(mean).toBeGreaterThan(25);
    expect(mean).toBeLessThan(35);
    for (const history of histories) {
      const times = history.map(({ timestamp }) => Date.parse(timestamp));
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });

  it('never sells again what is owned for good', () => {
    for (const learner of full.learners.slice(0, 500)) {
      const refunded = new Set<unknown>();
      const bought: string[] = [];
      for (const { event, properties } of learnerHistory(full, learner).messages) {
        if (event === 'Order Refunded') refunded.add(properties?.order_id);
      }
      for (const { event, properties } of learnerHistory(full, learner).messages) {
        if (event !== 'Order Completed' || refunded.has(properties?.order_id)) continue;
        for (const { product_id } of (properties?.products ?? []) as { product_id: string }[]) {
          if (full.itemsById.get(product_id)?.repurchase.kind === 'once') bought.push(product_id);
        }
      }
      expect(new Set(bought).size).toBe(bought.length);
    }
  });

  it('lets taste decide: what a learner buys is likelier under that learner’s taste than under a stranger’s', () => {
    let own = 0;
    let strangers = 0;
    for (const [index, learner] of full.learners.slice(0, 400).entries()) {
      const stranger = full.learners.slice(index + 1).find(({ language }) => language === learner.language);
      if (!stranger) continue;
      for (const id of learnerHistory(full, learner).owned.keys()) {
        own += full.choiceFor(learner).probability(id);
        strangers += full.choiceFor(stranger).probability(id);
      }
    }
    expect(own).toBeGreaterThan(2 * strangers);
  });

  it('gives every learner probabilities that sum to 1 over the items', () => {
    for (const learner of small.learners.slice(0, 20)) {
      const choice = small.choiceFor(learner);
      const sum = small.items.reduce((total, { itemId }) => total + choice.probability(itemId), 0);
      expect(sum).toBeCloseTo(1, 12);
    }
  });
});
