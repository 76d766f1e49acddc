import { describe, expect, it } from 'vitest';
import type { MailTemplate } from '../../lib/campaigns/campaign.ts';
import { footerWords } from '../../lib/campaigns/mail-footer.ts';
import { type Block, type LayoutWords, layout } from '../../lib/campaigns/mail-layout.ts';
import { directionOf } from '../../lib/campaigns/mail-layout-html.ts';
import type { MailVariables } from '../../lib/deliveries/mail-variables.ts';
import { sampleVariables } from '../../lib/deliveries/sample-variables.ts';
import { renderMail } from '../../lib/deliveries/template.ts';
import { checkTemplates } from '../../lib/deliveries/template-check.ts';

const words: LayoutWords = { ...footerWords.en, subject: 'Subject', preview: 'Preview', heading: 'Heading' };
const blocks: readonly Block[] = [
  { kind: 'text', text: 'Before you go' },
  { kind: 'deadline', text: 'Ends {{ coupon.deadlineText }}' },
  { kind: 'coupon', label: 'Your code', terms: 'Valid.', minimum: 'From {{ coupon.minimumSpendText }}.' },
  { kind: 'items', from: 'items', heading: 'In your cart' },
  { kind: 'button', label: 'Back to the cart', url: 'items[0].url' },
  { kind: 'referral', label: 'For friends', note: '{{ referral.rewardText }}' },
];
const strictly = (template: MailTemplate, variables: MailVariables) =>
  renderMail({ en: template }, 'en', variables, { strict: true });
const sample = sampleVariables('en', 'coupon');

describe('the layout of built-in mails', () => {
  it('says the same in the HTML and the text part', () => {
    const { html, text } = strictly(layout(words, blocks), sample);
    for (const said of [
      'Heading',
      'Before you go',
      'Ends January 31, 2030 at 12:00 PM UTC',
      '7K2M-9QXA-4TNB',
      'In your cart',
      'Probability, part 1',
      'https://shop.example/courses/probability?reprise=decision-1',
      sample.unsubscribeUrl,
      sample.preferenceUrl,
    ]) {
      expect(html).toContain(said);
      expect(text).toContain(said);
    }
    expect(checkTemplates({ en: layout(words, blocks) }, 'coupon')).toEqual([]);
  });

  it('leaves out what is not there: no items, no button, no friends', () => {
    const { html, text } = strictly(layout(words, blocks), { ...sample, items: [] });
    for (const said of ['In your cart', 'Back to the cart', 'For friends']) {
      expect(html).not.toContain(said);
      expect(text).not.toContain(said);
    }
    const referral = {
      code: 'ADA-FRIEND',
      rewardText: '€5 for you',
      friendRewardText: '10% off',
      waitDays: 0,
      rewardsMax: 1,
    };
    const friendly = strictly(layout(words, blocks), { ...sample, referral });
    expect(friendly.html).toContain('ADA-FRIEND');
    expect(friendly.text).toContain('For friends: ADA-FRIEND\n€5 for you');
  });

  it('is written from right to left in Arabic and Hebrew, with prices on the left', () => {
    for (const language of ['ar', 'he-IL']) {
      const { html } = layout({ ...words, language }, blocks);
      expect(html).toContain(`<html lang="${language}" dir="rtl">`);
      expect(html).toContain('<td align="left" valign="top"');
    }
    expect(layout(words, blocks).html).toContain('<td align="right" valign="top"');
    expect(['ar-EG', 'fa', 'ur'].map(directionOf)).toEqual(['rtl', 'rtl', 'rtl']);
    expect(['en', 'zh-CN', 'az'].map(directionOf)).toEqual(['ltr', 'ltr', 'ltr']);
  });

  it('keeps a value in another script apart from the Arabic or Hebrew around it', () => {
    const named: readonly Block[] = [{ kind: 'text', text: 'مرحبًا {{ customer.name }}،' }];
    const { html, text } = layout({ ...words, language: 'ar' }, named);
    expect(html).toContain('مرحبًا <bdi>{{ customer.name }}</bdi>،');
    expect(text).not.toContain('bdi');
    expect(layout(words, named).html).not.toContain('<bdi>{{ customer');
  });

  it('never spaces letters out: that tears Arabic apart', () => {
    expect(layout(words, blocks).html).not.toContain('letter-spacing');
  });
});
