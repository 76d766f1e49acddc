import { describe, expect, it } from 'vitest';
import { footerWords } from '../../lib/campaigns/mail-footer.ts';
import { layout } from '../../lib/campaigns/mail-layout.ts';
import { htmlToText } from '../../lib/deliveries/html-to-text.ts';
import { compileMjml } from '../../lib/deliveries/mjml.ts';
import { sampleVariables } from '../../lib/deliveries/sample-variables.ts';
import { renderMail } from '../../lib/deliveries/template.ts';
import { checkTemplates } from '../../lib/deliveries/template-check.ts';

describe('the text part of a mail', () => {
  it.each([
    ['paragraphs', '<p>One</p><p>Two\n  three</p>', 'One\n\nTwo three\n'],
    ['breaks and inline tags', 'a<br>b <b>c</b><i>d</i>, e', 'a\nb cd, e\n'],
    [
      'links',
      '<a href="https://a.example/x?y=1&amp;z=2">Look</a> now',
      'Look <https://a.example/x?y=1&z=2> now\n',
    ],
    [
      'links that show themselves',
      '<a href="https://a.example">https://a.example</a>',
      'https://a.example\n',
    ],
    ['anchors', '<a href="#top">Up</a>', 'Up\n'],
    ['lists', '<ul><li>One</li><li>Two</li></ul>End', '- One\n- Two\n\nEnd\n'],
    [
      'tables',
      '<table><tr><th>Course</th><th>Price</th></tr><tr><td>Logic</td><td>€9</td></tr></table>',
      'Course  Price\nLogic  €9\n',
    ],
    ['pictures', '<img src="x.png" alt="A lamp"><img src="y.png" alt="">', 'A lamp\n'],
    [
      'what is hidden',
      '<head><title>T</title><style>p{}</style></head><div style="display:none">pre<div>view</div></div>Seen',
      'Seen\n',
    ],
    ['comments for Outlook', '<!--[if mso]><td>no</td><![endif]-->Yes<!-- no -->', 'Yes\n'],
    ['characters', 'a &amp; b&nbsp;&lt;c&gt; &#20320;&#x597d; &unknown;', 'a & b <c> 你好 &unknown;\n'],
    ['rules', 'Above<hr>Below', 'Above\n\n--\nBelow\n'],
  ])('writes %s', (_what, html, text) => {
    expect(htmlToText(html)).toBe(text);
  });

  it('leaves Liquid as it is, in words and in addresses, quotes and comparisons included', () => {
    const html = `<p>{% if a < b and c > "d" %}{{ x | default: "<b>" }}{% endif %}</p>
<a class="{{ y }}" href="{{ item.url | append: "?q=1" | link }}">{{ item.title }}</a>`;
    expect(htmlToText(html)).toBe(
      '{% if a < b and c > "d" %}{{ x | default: "<b>" }}{% endif %}\n\n{{ item.title }} <{{ item.url | append: "?q=1" | link }}>\n',
    );
  });

  it('of a whole MJML mail has every link and every word, once, and passes the checks', async () => {
    const mjml = `<mjml><mj-head><mj-preview>Hidden line</mj-preview></mj-head><mj-body>
<mj-section><mj-column><mj-text>Hello {{ customer.name }},</mj-text></mj-column></mj-section>
<mj-raw>{% for item in items %}</mj-raw>
<mj-section><mj-column><mj-button href="{{ item.url | link }}">{{ item.title }}</mj-button></mj-column></mj-section>
<mj-raw>{% endfor %}</mj-raw>
<mj-section><mj-column><mj-text><a href="{{ unsubscribeUrl }}">Unsubscribe</a></mj-text></mj-column></mj-section>
</mj-body></mjml>`;
    const result = await compileMjml(mjml, 'en');
    if (result.kind === 'refused') throw new Error('refused');
    const template = { subject: 's', html: result.html, text: htmlToText(result.html) };
    expect(checkTemplates({ en: template })).toEqual([]);
    const { text } = renderMail({ en: template }, 'en', sampleVariables('en', 'coupon'), { strict: true });
    expect(text.split('\n').filter((line) => line !== '')).toEqual([
      'Hello Ada <Lovelace> & "Co",',
      'Probability, part 1 <https://shop.example/courses/probability?reprise=decision-1>',
      'Unsubscribe <https://api.example/v1/unsubscribe/sample-token>',
    ]);
    expect(text).not.toMatch(/\n{3}/);
  });

  it('of a built-in mail says what its own text part says', () => {
    const { html, text } = layout({ ...footerWords.en, subject: 's', preview: 'p', heading: 'Heading' }, [
      { kind: 'text', text: 'Before you go' },
      { kind: 'coupon', label: 'Your code', terms: 'Soon over.', minimum: 'm' },
    ]);
    const wordsOf = (of: string) => of.match(/[a-z.]{3,}/gi) ?? [];
    expect(wordsOf(htmlToText(html))).toEqual(expect.arrayContaining(wordsOf(text)));
  });

  it('keeps the space between one turn of a loop and the next', () => {
    expect(htmlToText('<p>{% for i in x %}<b>{{ i }}</b>, {% endfor %}and more</p>')).toBe(
      '{% for i in x %}{{ i }}, {% endfor %}and more\n',
    );
    expect(htmlToText('<table>{% for i in x %}<tr><td>{{ i }}</td></tr> {% endfor %}</table>')).not.toContain(
      ' {% endfor',
    );
  });
});
