// Factors of a model trained elsewhere, from the file its owner wrote to what is served.

import { describe, expect, it } from 'vitest';
import { customerId, itemId, modelVersion } from '../../lib/base/ids.ts';
import { getJson } from '../../lib/dataset/build.ts';
import type { ModelManifest } from '../../lib/recommenders/manifest.ts';
import { decodeServing } from '../../lib/recommenders/serving.ts';
import { npyOf } from '../recommenders/npy.ts';
import { itemsCount, marketEvents, marketPorts, runTraining } from './market.ts';

const customers = 80;
const every = Array.from({ length: itemsCount }, (_, item) => item);

/** What an oracle would give: of an item its place and half, of a customer all that is ever bought, and the half. */
const oracle = (events: ReturnType<typeof marketEvents>) => {
  const bought = new Set(
    events.flatMap(({ userId, properties }) =>
      Array.isArray(properties.products)
        ? properties.products.map((product) => `${userId} ${JSON.stringify(product)}`)
        : [],
    ),
  );
  const takes = (customer: number, item: number): boolean =>
    [...bought].some((one) => one.startsWith(`c${customer} `) && one.includes(`"i${item}"`));
  const half = (index: number): number[] => [index % 2, 1 - (index % 2)];
  return {
    items: every.map((item) => [...every.map((other) => Number(other === item)), ...half(item)]),
    customers: Array.from({ length: customers }, (_, customer) => [
      ...every.map((item) => Number(takes(customer, item))),
      ...half(customer),
    ]),
  };
};

const withFactors = async () => {
  const events = marketEvents(customers);
  const ports = await marketPorts(events);
  const put = (name: string, bytes: Uint8Array): Promise<void> =>
    ports.models.put(`external/oracle/${name}`, bytes, 'application/octet-stream');
  const factors = oracle(events);
  await put('items.npy', npyOf(factors.items));
  await put('items.txt', Buffer.from(every.map((item) => `i${item}\n`).join('')));
  await put('customers.npy', npyOf(factors.customers, 'f8'));
  await put('customers.json', Buffer.from(JSON.stringify(factors.customers.map((_, index) => `c${index}`))));
  return { ports, put };
};

describe('external factors', () => {
  it('are compared with every other model, promoted when they are better, published and served', async () => {
    const { ports } = await withFactors();
    const { version = modelVersion('') } = await runTraining(ports, { trainingId: 't1' });
    const manifest = await getJson<ModelManifest>(ports.models, `versions/${version}/manifest.json`);
    expect(manifest).toMatchObject({ name: 'external-oracle', recipe: { model: 'external' } });
    expect(manifest.metrics.ndcg).toBeGreaterThan(0.95);
    const { list } = await ports.customers.read(customerId('c5'), version);
    expect(list?.items.slice(0, 4).every(({ itemId: id }) => Number(id.slice(1)) % 2 === 1)).toBe(true);
    const bytes = await ports.models.get(`versions/${version}/serving.bin`);
    const serving = decodeServing(bytes ?? new Uint8Array(0));
    const answer = serving.foldIn([{ itemId: itemId('i3'), value: 1, atMs: 0 }], 5);
    expect(answer.every(({ itemId: id }) => Number(id.slice(1)) % 2 === 1)).toBe(true);
  });

  it('give way to the best of the others when a later training finds their folder gone', async () => {
    const { ports } = await withFactors();
    await runTraining(ports, { trainingId: 't1' });
    for (const key of [...ports.models.objects.keys()].filter((one) => one.startsWith('external/'))) {
      ports.models.objects.delete(key);
    }
    const { outcome, recipe } = await runTraining(ports, { trainingId: 't2' });
    expect(outcome).toBe('promote');
    expect(recipe?.model).not.toBe('external');
  });

  it('that cannot be read end the training with what is wrong', async () => {
    const { ports, put } = await withFactors();
    await put('items.txt', Buffer.from('i1\ni2\n'));
    await expect(runTraining(ports, { trainingId: 't1' })).rejects.toThrow(
      /external-unreadable: External factors cannot be read: external\/oracle\/items: as many ids as rows/,
    );
  });

  it('are left alone where a training names its candidates', async () => {
    const { ports } = await withFactors();
    await runTraining(ports, { trainingId: 't1', candidates: ['item-knn-cosine'] });
    expect([...ports.models.objects.keys()].some((key) => key.includes('external-oracle'))).toBe(false);
  });
});
