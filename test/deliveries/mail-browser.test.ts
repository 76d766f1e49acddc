// Mails in a real browser at the width of a phone and of a desktop: nothing runs out of the page, whatever the values,
// and each language is written in its direction. SCREENSHOTS=<folder> keeps the pictures, to be looked at.
// Needs a system Chromium (CHROMIUM_PATH, or /usr/bin/chromium); without one the tests say so in their names.

import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Template } from '../../lib/campaigns/campaign.ts';
import { footerWords } from '../../lib/campaigns/mail-footer.ts';
import { type Block, type LayoutWords, layout } from '../../lib/campaigns/mail-layout.ts';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import type { MailVariables } from '../../lib/deliveries/mail-variables.ts';
import { mailWarnings } from '../../lib/deliveries/mail-warnings.ts';
import { compileMjml } from '../../lib/deliveries/mjml.ts';
import { sampleVariables } from '../../lib/deliveries/sample-variables.ts';
import { mailOf } from './mail-of.ts';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const hasChromium = existsSync(executablePath);
const title = hasChromium ? 'mails in Chromium' : `skipped: no Chromium at ${executablePath}`;

const en = sampleVariables('en', 'coupon');
const zh = sampleVariables('zh-CN', 'coupon');
const referral = {
  code: 'ADA-7K2M',
  rewardText: '€10',
  friendRewardText: '20%',
  waitDays: 14,
  rewardsMax: 5,
};
const later = (variables: MailVariables, validFromText: string): MailVariables => ({
  ...variables,
  ...(variables.coupon && { coupon: { ...variables.coupon, validFromText } }),
});
const item = { ...en.items[0], reason: '', endsText: '' };

/** Values that break careless layouts: one word of a hundred letters, a long price, a long code. */
const hostile: MailVariables = {
  ...en,
  referral,
  customer: { ...en.customer, name: 'Wolfeschlegelsteinhausenbergerdorff'.repeat(3) },
  coupon: en.coupon && { ...en.coupon, code: 'ABCD-EFGH-JKLM-NPQR-STUV-WXYZ-2345' },
  items: [{ ...item, title: 'Donaudampfschifffahrtsgesellschaft'.repeat(3), price: 'CHF 1’234’567.89' }],
  recommendations: Array.from({ length: 20 }, (_, index) => ({ ...item, title: `Course ${index}` })),
};

const every = (language: string, words: readonly string[]): Template => {
  const [heading, text, deadline, code, terms, yours, button, friends, note, why, out, preferences] = words;
  const all: LayoutWords = {
    language,
    subject: heading,
    preview: text,
    heading,
    why,
    unsubscribe: out,
    preferences,
  };
  const blocks: readonly Block[] = [
    { kind: 'text', text },
    { kind: 'deadline', text: deadline },
    { kind: 'coupon', label: code, terms, minimum: '{{ coupon.minimumSpendText }}' },
    { kind: 'items', from: 'items', heading: yours },
    { kind: 'button', label: button, url: 'items[0].url' },
    { kind: 'items', from: 'recommendations', heading: yours },
    { kind: 'referral', label: friends, note },
  ];
  return layout(all, blocks);
};

const { why, unsubscribe, preferences } = footerWords.en;
const english = [
  'Before your place is gone',
  'Hello {{ customer.name }}, you left these behind.',
  'Ends {{ coupon.deadlineText }}',
  'Your code',
  'Valid until {{ coupon.expiresText }}.',
  'In your cart',
  'Back to the cart',
  'For a friend',
  'Your friend gets {{ referral.friendRewardText }}.',
  why,
  unsubscribe,
  preferences,
];
const arabic = [
  'مكانك في الدورة ما زال محجوزًا',
  'مرحبًا {{ customer.name }}، تركت هذه الدورات في سلتك.',
  'ينتهي العرض في {{ coupon.expiresText }}',
  'رمزك',
  'صالح حتى {{ coupon.expiresText }}.',
  'في سلتك',
  'العودة إلى السلة',
  'لصديقك',
  'يحصل صديقك على {{ referral.friendRewardText }}.',
  'تصلك هذه الرسالة لأنك من عملائنا.',
  'إلغاء الاشتراك',
  'التفضيلات',
];
const hebrew = [
  'המקום שלך עדיין שמור',
  'שלום {{ customer.name }}, השארת את אלה בעגלה.',
  'מסתיים ב־{{ coupon.expiresText }}',
  'הקוד שלך',
  'בתוקף עד {{ coupon.expiresText }}.',
  'בעגלה',
  'חזרה לעגלה',
  'לחבר',
  'החבר מקבל {{ referral.friendRewardText }}.',
  'קיבלת הודעה זו כי אתה לקוח שלנו.',
  'הסרה',
  'העדפות',
];

const mjml = `<mjml><mj-head><mj-title>Next</mj-title><mj-attributes><mj-text line-height="24px" font-size="16px" /></mj-attributes></mj-head>
<mj-body background-color="#f3f5f9"><mj-section background-color="#ffffff" border-radius="16px"><mj-column>
<mj-text font-size="24px" font-weight="700">{{ customer.name }}，接下来学什么？</mj-text>
<mj-text>优惠码 {{ coupon.code }}，有效期至{{ coupon.expiresText }}。</mj-text></mj-column></mj-section>
<mj-raw>{% for item in recommendations %}</mj-raw>
<mj-section background-color="#ffffff"><mj-column width="70%"><mj-text>{{ item.title }}<br />{{ item.reason }}</mj-text></mj-column>
<mj-column width="30%"><mj-button href="{{ item.url | link }}">{{ item.price }}</mj-button></mj-column></mj-section>
<mj-raw>{% endfor %}</mj-raw>
<mj-section><mj-column><mj-text font-size="12px"><a href="{{ unsubscribeUrl }}">退订</a></mj-text></mj-column></mj-section></mj-body></mjml>`;

const compiled = async (): Promise<Template> => {
  const result = await compileMjml(mjml, 'zh-CN');
  if (result.kind === 'refused') throw new Error(JSON.stringify(result.problems));
  return { subject: 's', html: result.html, text: 't' };
};

const mails: readonly (readonly [
  name: string,
  template: Template | (() => Promise<Template>),
  variables: MailVariables,
])[] = [
  ['coupon-en', defaultTemplates.coupon.en, en],
  ['coupon-zh-CN', defaultTemplates.coupon['zh-CN'] ?? defaultTemplates.coupon.en, zh],
  ['reminder-en', defaultTemplates.reminder.en, en],
  ['reminder-zh-CN', defaultTemplates.reminder['zh-CN'] ?? defaultTemplates.reminder.en, zh],
  ['reward-en', defaultTemplates.reward.en, later(en, 'January 3, 2030 at 12:00 PM UTC')],
  [
    'reward-zh-CN',
    defaultTemplates.reward['zh-CN'] ?? defaultTemplates.reward.en,
    later(zh, '2030年1月3日 20:00（GMT+8）'),
  ],
  ['every-block-en', every('en', english), { ...en, referral }],
  ['every-block-hostile', every('en', english), hostile],
  ['every-block-ar', every('ar', arabic), { ...en, referral }],
  ['every-block-he', every('he', hebrew), { ...en, referral }],
  ['mjml-zh-CN', compiled, zh],
];
const widths = [320, 375, 1280];

describe.skipIf(!hasChromium)(title, () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
      ],
    });
    page = await browser.newPage();
    // A mail is read without anything from elsewhere.
    await page.route('**/*', (route) => route.abort());
  });
  afterAll(() => browser?.close());

  const show = async (template: Template, variables: MailVariables): Promise<string> => {
    const { html } = mailOf({ en: template }, 'en', variables);
    await page.setContent(html);
    return html;
  };

  it.each(mails)(
    '%s fits phones and desktops without scrolling sideways',
    async (name, template, variables) => {
      const html = await show(typeof template === 'function' ? await template() : template, variables);
      for (const width of widths) {
        await page.setViewportSize({ width, height: 800 });
        const needed = await page.evaluate('document.documentElement.scrollWidth');
        expect([width, needed]).toEqual([width, width]);
        if (process.env.SCREENSHOTS !== undefined && width !== 320) {
          await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}-${width}.png`, fullPage: true });
        }
      }
      expect(mailWarnings({ subject: 's', html, text: '' })).toEqual([]);
    },
  );

  it('writes Arabic and Hebrew from the right: text at the right edge, prices at the left', async () => {
    for (const [language, words] of [
      ['ar', arabic],
      ['he', hebrew],
    ] as const) {
      await show(every(language, words), { ...en, referral });
      await page.setViewportSize({ width: 375, height: 800 });
      const places = async (text: string) =>
        (await page.getByText(text, { exact: true }).first().boundingBox()) ?? { x: 0, width: 0 };
      const [link, price] = [await places('Probability, part 1'), await places('€39')];
      expect(price.x + price.width).toBeLessThan(link.x);
      expect(link.x + link.width).toBeGreaterThan(375 / 2);
      // A code is Latin and stays readable from the left.
      expect(await page.locator('[dir=ltr]').first().innerText()).toBe('7K2M-9QXA-4TNB');
    }
  });

  it('keeps a contrast of at least 7:1 for every text of the built-in layout', async () => {
    await show(every('en', english), { ...en, referral });
    const worst = await page.evaluate(`(() => {
      const rgb = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
      const light = ([r, g, b]) => { const f = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }; return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
      const ground = (element) => { for (let e = element; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
      let least = [99, ''];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || element.offsetHeight === 0) continue;
        const [a, b] = [light(rgb(getComputedStyle(element).color)), light(ground(element))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < least[0]) least = [contrast, walker.currentNode.textContent.trim()];
      }
      return least;
    })()`);
    expect((worst as [number, string])[0]).toBeGreaterThanOrEqual(7);
  });
});
