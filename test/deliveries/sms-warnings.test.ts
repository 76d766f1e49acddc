import { expect, it } from 'vitest';
import { smsWarnings } from '../../lib/deliveries/sms-warnings.ts';

const rules = {
  decisionId: 'd1',
  shopHosts: ['shop.example'],
  itemUrls: [],
  apiUrl: 'https://api.example',
};

it('a bare link to the shop in an SMS is named, the way out and a link with its decision are not', () => {
  const codes = (text: string) => smsWarnings(text, rules).map(({ code }) => code);
  expect(codes('Look: https://shop.example/a')).toEqual(['sms-link-untracked']);
  expect(codes('https://shop.example/a?reprise=d1 Stop: https://api.example/v1/unsubscribe/x')).toEqual([]);
});
