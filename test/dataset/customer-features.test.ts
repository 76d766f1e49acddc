import { describe, expect, it } from 'vitest';
import { withDuckDb } from '../../lib/adapters/analytics-duckdb.ts';
import { customerId } from '../../lib/base/ids.ts';
import { featuresBefore, loadFeatures, profileFeatures } from '../../lib/dataset/customer-features.ts';
import type { JsonObject, StoredEvent } from '../../lib/events/event.ts';
import { foldProfile } from '../../lib/events/profile.ts';
import { archiveOf, bought, datasetOf, dayMs, startMs, stored } from './events.ts';

const identified = (user: string, traits: JsonObject, context: JsonObject = {}, day = 1): StoredEvent =>
  stored({ type: 'identify', user, traits, context, day });

/** Forty customers who bought, each identified by what `traits` gives. */
const market = (
  traitsOf: (customer: number) => JsonObject,
  contextOf: (customer: number) => JsonObject = () => ({}),
) =>
  Array.from({ length: 40 }, (_, customer) => [
    bought(`c${customer}`, `o${customer}`, 2, 'x'),
    identified(`c${customer}`, traitsOf(customer), contextOf(customer)),
  ]).flat();

const featuresOf = async (events: readonly StoredEvent[], atMs = Number.POSITIVE_INFINITY) => {
  const { models } = await datasetOf(await archiveOf(events));
  return featuresBefore(await loadFeatures('datasets/t/customers.parquet', models, withDuckDb), atMs);
};

describe('features of customers', () => {
  it('are language, time zone and traits that at least twenty share; of the others nothing is kept', async () => {
    const features = await featuresOf(
      market(
        (customer) => ({
          plan: customer < 20 ? 'basic' : 'pro',
          isTeacher: customer < 21,
          city: customer < 19 ? 'Ulm' : `village ${customer}`,
          email: 'same@example.com',
          name: 'Everybody',
          age: 40,
          about: 'x'.repeat(41),
          language: customer < 25 ? 'zh-CN' : 'en_GB',
        }),
        () => ({ timezone: 'Asia/Shanghai', locale: 'de-DE' }),
      ),
    );
    const chinese = ['language=zh', 'locale=zh-CN'];
    expect(features.get('c0')).toEqual([
      'isTeacher=true',
      ...chinese,
      'plan=basic',
      'timezone=Asia/Shanghai',
    ]);
    expect(features.get('c22')).toEqual([...chinese, 'plan=pro', 'timezone=Asia/Shanghai']);
    expect(features.get('c39')).toEqual(['plan=pro', 'timezone=Asia/Shanghai']);
  });

  it('leave out a trait of more than fifty values, however many share one of them', async () => {
    const many = Array.from({ length: 51 }, (_, customer) =>
      identified(`d${customer}`, { code: `v${customer}` }),
    );
    const features = await featuresOf([...market(() => ({ code: 'shared' })), ...many]);
    expect(features.size).toBe(0);
  });

  it('are the latest that was said, known from when it was first said', async () => {
    const changed = market(() => ({ plan: 'basic' })).concat(
      Array.from({ length: 40 }, (_, customer) => [
        identified(`c${customer}`, { plan: 'pro' }, {}, 9),
        identified(`c${customer}`, { plan: 'pro' }, {}, 5),
      ]).flat(),
    );
    expect((await featuresOf(changed)).get('c3')).toEqual(['plan=pro']);
    expect((await featuresOf(changed, startMs + 5 * dayMs)).size).toBe(0);
    expect((await featuresOf(changed, startMs + 5 * dayMs + 1)).get('c3')).toEqual(['plan=pro']);
  });

  it('of a profile have the names that training gives them', async () => {
    const traits: JsonObject = {
      plan: ' pro ',
      isTeacher: false,
      locale: 'zh_CN',
      phone: '1',
      'odd"key': 'x',
      age: 40,
      nothing: '',
      nested: { a: 1 },
    };
    const context = { timezone: 'Europe/Berlin', locale: 'fr-FR' };
    const trained = await featuresOf(
      market(
        () => traits,
        () => context,
      ),
    );
    const profile = foldProfile(undefined, customerId('c1'), [identified('c1', traits, context)]);
    expect(profile && profileFeatures(profile).toSorted()).toEqual(trained.get('c1'));
    expect(trained.get('c1')).toEqual([
      'isTeacher=false',
      'language=zh',
      'locale=zh-CN',
      'plan=pro',
      'timezone=Europe/Berlin',
    ]);
  });

  it('are kept of nobody without interactions', async () => {
    const silent = Array.from({ length: 30 }, (_, customer) => identified(`s${customer}`, { plan: 'basic' }));
    const features = await featuresOf([...market(() => ({ plan: 'basic' })), ...silent]);
    expect(features.size).toBe(40);
  });
});
