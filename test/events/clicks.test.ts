import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { networkOf } from '../../lib/deliveries/network.ts';
import { type Click, isScannerAgent, judgeClicks } from '../../lib/events/clicks.ts';

const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';
const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36';
const takenMs = Date.UTC(2026, 2, 1, 9);
const click = (afterMs: number, link = 'a', more: Partial<Click> = {}): Click => ({
  atMs: takenMs + afterMs,
  link,
  userAgent: safari,
  network: '198.51.100.0',
  ...more,
});
const rules = (clicks: readonly Click[], taken: number | undefined = takenMs) =>
  judgeClicks(clicks, taken).map(({ rule }) => rule ?? 'person');

describe('a click is told to be a scanner’s', () => {
  test('when it comes within five seconds of the delivery, or before it', () => {
    expect(rules([click(-30_000), click(4_999), click(5_000)])).toEqual(['instant', 'instant', 'visit']);
    expect(rules([click(5_000)])).toEqual(['person']);
  });

  test('when different links of the mail are followed within two seconds', () => {
    expect(rules([click(60_000), click(61_999, 'b')])).toEqual(['burst', 'burst']);
    expect(rules([click(60_000), click(62_001, 'b')])).toEqual(['person', 'person']);
  });

  test('not when one link is clicked twice in a second', () => {
    expect(rules([click(60_000), click(60_400)])).toEqual(['person', 'person']);
  });

  test('when the program names itself, or names itself nothing', () => {
    for (const userAgent of [
      '',
      ' ',
      'python-requests/2.32.3',
      'curl/8.7.1',
      'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/146.0 Safari/537.36',
      'BarracudaCentral/1.0',
      'Go-http-client/1.1',
    ]) {
      expect(rules([click(3_600_000, 'a', { userAgent })]), userAgent).toEqual(['agent']);
    }
  });

  test('when it belongs to the visit of one: same program and network, ten minutes at most', () => {
    const scanner = { userAgent: chrome, network: '203.0.113.0' };
    const visit = [0, 3_000, 6_000, 9_000].map((ms, index) => click(1_000 + ms, `link-${index}`, scanner));
    expect(rules([...visit, click(700_000, 'a', scanner), click(300_000)])).toEqual([
      'instant',
      'instant',
      'visit',
      'visit',
      'person',
      'person',
    ]);
  });
});

describe('a person’s click stays one', () => {
  test('of the browsers people have', () => {
    for (const userAgent of [
      safari,
      chrome,
      'Mozilla/5.0 (Linux; Android 14; CUBOT P80) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Mobile Safari/537.36',
      'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0 Mobile Safari/537.36 XWEB/1300 MMWEBSDK/2025 MicroMessenger/8.0.50 WeChat/arm64 Language/zh_CN',
    ]) {
      expect(isScannerAgent(userAgent), userAgent).toBe(false);
    }
  });

  test('beside a scanner that came first, from another network', () => {
    const scanner = { userAgent: chrome, network: '203.0.113.0' };
    expect(rules([click(800, 'a', scanner), click(900, 'b', scanner), click(240_000, 'b')])).toEqual([
      'instant',
      'instant',
      'person',
    ]);
  });

  test('where neither program, network nor delivery is known', () => {
    expect(judgeClicks([{ atMs: takenMs, link: 'a' }], undefined)[0].rule).toBeUndefined();
  });
});

test('order and repetition of the reports change nothing', () => {
  const clicks = fc.array(
    fc.record({
      atMs: fc.integer({ min: -10_000, max: 900_000 }).map((ms) => takenMs + ms),
      link: fc.constantFrom('a', 'b', 'c'),
      userAgent: fc.constantFrom(safari, chrome, '', 'curl/8'),
      network: fc.constantFrom('198.51.100.0', '203.0.113.0'),
    }),
    { maxLength: 8 },
  );
  const shuffled = clicks.chain((all) =>
    fc.tuple(
      fc.constant(all),
      fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2, maxLength: all.length * 2 }),
    ),
  );
  fc.assert(
    fc.property(shuffled, ([all, again]) => {
      expect(judgeClicks(again, takenMs)).toEqual(judgeClicks(all, takenMs));
    }),
  );
});

test('of an address the network is kept and nothing that could name a person', () => {
  expect(networkOf('192.0.2.77')).toBe('192.0.2.0');
  expect(networkOf('::ffff:192.0.2.77')).toBe('192.0.2.0');
  expect(networkOf('2001:0DB8:00ab:12cd:1:2:3:4')).toBe('2001:db8:ab::');
  expect(networkOf('2001:db8::1')).toBe('2001:db8:0::');
  expect(networkOf('::1')).toBe('0:0:0::');
  for (const wrong of ['', 'localhost', '1.2.3', '1.2.3.256', '1:2:3', '1::2::3', '1:2:3:4:5:6:7:8:9']) {
    expect(networkOf(wrong), wrong).toBeUndefined();
  }
});
