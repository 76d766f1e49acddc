import { describe, expect, it } from 'vitest';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import { sampleVariables } from '../../lib/deliveries/sample-variables.ts';
import { renderInApp, renderMail, renderPush, renderSms } from '../../lib/deliveries/template.ts';
import { checkTemplates } from '../../lib/deliveries/template-check.ts';

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
    [
      'text',
      { text: '{{ unsubscribeUrl }}{{ customer.traits.city }}' },
      'write {{ customer.traits.city | default: "" }}',
    ],
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

describe('the other channels', () => {
  const channels = {
    ...template().en,
    sms: '{{ coupon.code }} {{ unsubscribeUrl }}',
    push: { title: 'Hello\n{{ customer.name }}', body: '{{ coupon.discountText }}' },
    inApp: { title: 'T', body: 'B', url: '{{ items[0].url | link }}' },
  };
  const templates = { en: channels, 'zh-CN': { ...template().en, push: { title: '你好', body: '优惠' } } };

  it('are rendered from the same variables, a title on one line', () => {
    expect(renderSms(templates, 'en', variables)).toBe(`7K2M-9QXA-4TNB ${variables.unsubscribeUrl}`);
    expect(renderPush(templates, 'en', variables)).toEqual({
      title: 'Hello Ada <Lovelace> & "Co"',
      body: '15% off',
    });
    expect(renderInApp(templates, 'en', variables)).toEqual({
      title: 'T',
      body: 'B',
      url: 'https://shop.example/courses/probability?reprise=decision-1',
    });
    expect(checkTemplates(templates)).toEqual([]);
  });

  it('belong to a place in the app where they name one, English’s where the other language is silent', () => {
    const card = { title: 't', body: 'b' };
    const placed = {
      en: { ...channels, inApp: { ...card, placement: 'home' } },
      'zh-CN': { ...template().en, inApp: { title: '标题', body: '正文' } },
    };
    expect(renderInApp(placed, 'en', variables)).toEqual({ ...card, placement: 'home' });
    expect(renderInApp(placed, 'zh-CN', variables)).toEqual({
      title: '标题',
      body: '正文',
      placement: 'home',
    });
  });

  it('lead a built-in card in the app to the first recommendation, and nowhere without one', () => {
    const strict = { strict: true };
    expect(renderInApp(defaultTemplates.reminder, 'en', variables, strict)?.url).toBe(
      'https://shop.example/courses/statistics?reprise=decision-1',
    );
    const bare = { ...variables, recommendations: [] };
    expect(renderInApp(defaultTemplates.reminder, 'zh-CN', bare, strict)).not.toHaveProperty('url');
  });

  it('fall back to English one by one, and are nothing where there is nothing', () => {
    expect(renderPush(templates, 'zh-CN', variables)?.title).toBe('你好');
    expect(renderInApp(templates, 'zh-CN', variables)?.title).toBe('T');
    expect(renderSms(template(), 'en', variables)).toBeUndefined();
  });

  it.each([
    ['sms', { sms: 'x'.repeat(800) }, ['is charged as 6 messages (800 characters in gsm-7)', 'way out']],
    ['push.title', { push: { title: 'x'.repeat(101), body: 'b' } }, ['has 101 characters']],
    ['push.body', { push: { title: 't', body: '{{ nothing.here }}' } }, ['undefined variable: nothing']],
    ['inApp.body', { inApp: { title: 't', body: 'x'.repeat(1_001) } }, ['has 1001 characters']],
    ['inApp.url', { inApp: { title: 't', body: 'b', url: 'javascript:alert(1)' } }, ['https://']],
  ])('have their faults named in %s', (part, change, messages) => {
    const problems = checkTemplates(template(change));
    expect(new Set(problems.map(({ path }) => path))).toEqual(new Set([`templates.en.${part}`]));
    messages.forEach((message, index) => {
      expect(problems[index].message).toContain(message);
    });
  });
});
