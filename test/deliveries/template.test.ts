import { describe, expect, it } from 'vitest';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import { sampleVariables } from '../../lib/deliveries/sample-variables.ts';
import { checkTemplates, renderMail } from '../../lib/deliveries/template.ts';

const template = (change: object = {}) => ({
  en: {
    subject: 'Hello {{ customer.name }}',
    html: '<p>{{ customer.name }}</p><a href="{{ unsubscribeUrl }}">out</a>',
    text: '{{ customer.name }} {{ unsubscribeUrl }}',
    ...change,
  },
});
const variables = sampleVariables('en', 'coupon');

describe('rendering a mail', () => {
  it('escapes values in HTML and leaves subject and text as they are', () => {
    const mail = renderMail(template(), 'en', variables);
    expect(mail.html).toContain('<p>Ada &lt;Lovelace&gt; &amp; &#34;Co&#34;</p>');
    expect(mail.text).toContain('Ada <Lovelace> & "Co"');
    expect(mail.subject).toBe('Hello Ada <Lovelace> & "Co"');
  });

  it('keeps the subject on one line, so that a name cannot become a header', () => {
    const named = {
      ...variables,
      customer: { ...variables.customer, name: 'Ada\r\nBcc: eve@example.com' },
    };
    expect(renderMail(template(), 'en', named).subject).toBe('Hello Ada Bcc: eve@example.com');
  });

  it('renders a missing variable as nothing at send, and refuses it at preview', () => {
    const missing = template({ html: '[{{ customer.traits.city }}]{{ unsubscribeUrl }}' });
    expect(renderMail(missing, 'en', variables).html).toBe(`[]${variables.unsubscribeUrl}`);
    expect(() => renderMail(missing, 'en', variables, { strict: true })).toThrow('customer.traits.city');
  });

  it('accepts a missing trait at preview when the template gives a default', () => {
    const given = template({ text: '{{ customer.traits.city | default: "there" }} {{ unsubscribeUrl }}' });
    expect(renderMail(given, 'en', variables, { strict: true }).text).toContain('there');
  });

  it('adds the decision to web links and leaves everything else alone', () => {
    const linked = template({
      text: '{{ "https://a.example/x?y=1#z" | link }} {{ "javascript:alert(1)" | link }} {{ "" | link }}.',
    });
    expect(renderMail(linked, 'en', variables).text).toBe(
      'https://a.example/x?y=1&reprise=decision-1#z javascript:alert(1) .',
    );
  });

  it('falls back to English where a language has no template', () => {
    expect(renderMail(template(), 'zh-CN', variables).subject).toMatch(/^Hello/);
    expect(renderMail(defaultTemplates.coupon, 'zh-CN', sampleVariables('zh-CN', 'coupon')).subject).toBe(
      '送您一张8.5折优惠券',
    );
  });
});

describe('checking templates', () => {
  it.each(['coupon', 'reminder'] as const)(
    'punctuates the default Chinese %s in full width, for any shop',
    (kind) => {
      const { subject, html, text } = renderMail(
        defaultTemplates[kind],
        'zh-CN',
        sampleVariables('zh-CN', kind),
      );
      const words = [subject, html.replaceAll(/<[^>]*>/g, ' '), text].join('\n');
      // Half-width marks beside a Chinese character; those of codes, addresses and numbers stand elsewhere.
      expect(words.match(/\p{Script=Han}[,.:;!?()]|[,:;!?(]\p{Script=Han}/gu)).toBeNull();
      expect(words).not.toMatch(/课|学习/);
      const english = renderMail(defaultTemplates[kind], 'en', {
        ...sampleVariables('en', kind),
        recommendations: [],
      });
      expect(`${english.subject} ${english.text}`).not.toMatch(/course|learn/i);
    },
  );

  it.each(['coupon', 'reminder'] as const)('finds nothing wrong with the default %s templates', (kind) => {
    expect(checkTemplates(defaultTemplates[kind], kind)).toEqual([]);
  });

  it.each([
    ['html', { html: '<p>no way out</p>' }, 'unsubscribeUrl'],
    ['text', { text: 'no way out' }, 'unsubscribeUrl'],
    ['text', { text: '{{ unsubscribeUrl ' }, 'not closed'],
    ['html', { html: '{{ unsubscribeUrl }}{{ custmer.name }}' }, 'undefined variable: custmer'],
    ['html', { html: '{{ unsubscribeUrl }}{% render "/etc/passwd" %}' }, 'ENOENT'],
    ['html', { html: '{{ unsubscribeUrl }}{% for i in (1..100000000) %}x{% endfor %}' }, 'limit'],
    ['subject', { subject: '  ' }, '1 to 100000'],
    ['subject', { subject: '{{ customer.name | nofilter }}' }, 'nofilter'],
    ['text', { text: 'x'.repeat(100_001) }, '100001'],
  ])('names the fault in %s: %j', (part, change, message) => {
    const problems = checkTemplates(template(change));
    expect(problems.map(({ path }) => path)).toEqual([`templates.en.${part}`]);
    expect(problems[0].message).toContain(message);
  });

  it('refuses coupon variables in a reminder', () => {
    const withCoupon = template({ text: '{{ coupon.code }} {{ unsubscribeUrl }}' });
    expect(checkTemplates(withCoupon, 'coupon')).toEqual([]);
    expect(checkTemplates(withCoupon, 'reminder')[0].message).toContain('coupon');
  });

  it('shows a coupon mail without recommendations and without a name in whole sentences', () => {
    const bare = { ...variables, customer: { ...variables.customer, name: '' }, recommendations: [] };
    const { text, html } = renderMail(defaultTemplates.coupon, 'en', bare, { strict: true });
    expect(text).toContain('Hello, thank you');
    expect(text).not.toContain('Picked for you');
    expect(html).not.toContain('Picked for you');
  });
});
