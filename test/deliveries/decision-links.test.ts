// Which links of a message get its decision, and that nothing else of it changes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type LinkRules,
  withDecision,
  withLinksOfHtml,
  withLinksOfText,
} from '../../lib/deliveries/decision-links.ts';

const rules: LinkRules = {
  decisionId: 'd1',
  shopHosts: ['shop.example', 'xn--fiq228c.example'],
  itemUrls: ['https://school.example/course?id=7'],
  apiUrl: 'https://api.shop.example',
};
const html = (address: string): string => withLinksOfHtml(`<p><a href="${address}">x</a></p>`, rules);
const untouched = (address: string) => expect(html(address)).toBe(`<p><a href="${address}">x</a></p>`);

describe('the decision in an address', () => {
  it.each([
    ['https://shop.example', 'https://shop.example?reprise=d1'],
    ['https://shop.example/', 'https://shop.example/?reprise=d1'],
    ['https://shop.example/a?b=1', 'https://shop.example/a?b=1&reprise=d1'],
    ['https://shop.example/a#part-2', 'https://shop.example/a?reprise=d1#part-2'],
    ['https://shop.example/a?b=1#p?q', 'https://shop.example/a?b=1&reprise=d1#p?q'],
    ['https://shop.example/a?', 'https://shop.example/a?reprise=d1'],
    ['https://shop.example/a?q=a%20b+c&flag', 'https://shop.example/a?q=a%20b+c&flag&reprise=d1'],
    ['https://shop.example/a?reprise=old&b=1', 'https://shop.example/a?b=1&reprise=d1'],
    ['https://shop.example/课程?名=值', 'https://shop.example/课程?名=值&reprise=d1'],
    ['HTTPS://SHOP.example/a', 'HTTPS://SHOP.example/a?reprise=d1'],
    ['mailto:hello@shop.example', 'mailto:hello@shop.example'],
    ['/relative', '/relative'],
    ['https://', 'https://'],
  ])('%s becomes %s', (address, expected) => {
    expect(withDecision(address, 'd1')).toBe(expected);
  });

  it('is read back from any address, which stays what it was otherwise', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (address) => {
        const before = new URL(address);
        const after = new URL(withDecision(address, 'd1'));
        expect(after.searchParams.getAll('reprise')).toEqual(['d1']);
        expect([after.origin, after.pathname, after.hash]).toEqual([
          before.origin,
          before.pathname,
          before.hash,
        ]);
        expect(withDecision(withDecision(address, 'd1'), 'd1')).toBe(withDecision(address, 'd1'));
      }),
    );
  });
});

describe('links of HTML', () => {
  it.each([
    ['the shop', 'https://shop.example/a', 'https://shop.example/a?reprise=d1'],
    ['a name below it', 'https://www.shop.example/', 'https://www.shop.example/?reprise=d1'],
    ['a port', 'https://shop.example:8443/a', 'https://shop.example:8443/a?reprise=d1'],
    ['another script', 'https://中文.example/a', 'https://中文.example/a?reprise=d1'],
    [
      'an item elsewhere',
      'https://school.example/course?id=7',
      'https://school.example/course?id=7&amp;reprise=d1',
    ],
    [
      'an escaped query',
      'https://shop.example/?a=1&amp;b=2',
      'https://shop.example/?a=1&amp;b=2&amp;reprise=d1',
    ],
    [
      'escaped by number',
      'https://shop.example/?a=1&#38;b=%22',
      'https://shop.example/?a=1&amp;b=%22&amp;reprise=d1',
    ],
    [
      'an unescaped query',
      'https://shop.example/?a=1&b=2',
      'https://shop.example/?a=1&amp;b=2&amp;reprise=d1',
    ],
  ])('to %s get it', (_, address, expected) => {
    expect(html(address)).toBe(`<p><a href="${expected}">x</a></p>`);
  });

  it.each([
    'https://api.shop.example/v1/unsubscribe/abc.def',
    'https://api.shop.example/v1/preferences/abc?language=en',
    'https://social.example/shop.example',
    'https://notshop.example/',
    'https://shop.example.evil.example/',
    'https://shop.example@evil.example/',
    'https://school.example/other',
    'https://shop.example/a?reprise=d0',
    'mailto:help@shop.example?subject=https://shop.example/',
    'tel:+491234',
    'sms:+491234',
    'javascript:void(0)',
    '#top',
    '',
    'shop.example/a',
  ])('to %s stay as they are', untouched);

  it('are found however they are quoted, in areas, drawn buttons and conditional comments, and nowhere else', () => {
    const before = [
      "<a class='b' href='https://shop.example/1' title='a > b'>1</a>",
      '<A HREF=https://shop.example/2>2</A>',
      '<area alt="3" href = "https://shop.example/3">',
      '<!--[if mso]><v:roundrect href="https://shop.example/4" arcsize="9%"><![endif]-->',
      '<a data-href="https://shop.example/5" title=\'href="https://shop.example/5"\' name="x">5</a>',
      '<img src="https://shop.example/6.png"><link href="https://shop.example/7.css">',
      '<p>href="https://shop.example/8"</p><abbr href="https://shop.example/9">',
    ];
    expect(withLinksOfHtml(before.join('\n'), rules).split('\n')).toEqual([
      "<a class='b' href=\"https://shop.example/1?reprise=d1\" title='a > b'>1</a>",
      '<A HREF="https://shop.example/2?reprise=d1">2</A>',
      '<area alt="3" href = "https://shop.example/3?reprise=d1">',
      '<!--[if mso]><v:roundrect href="https://shop.example/4?reprise=d1" arcsize="9%"><![endif]-->',
      ...before.slice(4),
    ]);
  });

  it("changes nothing where no host is the shop's", () => {
    const given = '<a href="https://shop.example/?a=1&b=2">x</a>';
    expect(withLinksOfHtml(given, { ...rules, shopHosts: [] })).toBe(given);
  });
});

describe('links of a text', () => {
  it.each([
    ['See https://shop.example/a.', 'See https://shop.example/a?reprise=d1.'],
    ['Look (https://shop.example/a)!', 'Look (https://shop.example/a?reprise=d1)!'],
    ['Book <https://shop.example/a?b=1#c>', 'Book <https://shop.example/a?b=1&reprise=d1#c>'],
    ['https://shop.example/a_(b)', 'https://shop.example/a_(b)?reprise=d1'],
    ['点击https://shop.example/a，立即查看', '点击https://shop.example/a?reprise=d1，立即查看'],
    [
      'https://shop.example/a\nhttps://other.example/b',
      'https://shop.example/a?reprise=d1\nhttps://other.example/b',
    ],
  ])('%j becomes %j', (text, expected) => {
    expect(withLinksOfText(text, rules)).toBe(expected);
  });

  it.each([
    'Stop: https://api.shop.example/v1/unsubscribe/abc.def',
    'https://shop.example/课程',
    '请看https://shop.example/a查看',
    'https://shop.example/a?reprise=d0',
    'mail help@shop.example or shop.example',
  ])('%s stays as it is', (text) => {
    expect(withLinksOfText(text, rules)).toBe(text);
  });
});
