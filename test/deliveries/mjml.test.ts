import { describe, expect, it } from 'vitest';
import { compileMjml } from '../../lib/deliveries/mjml.ts';
import { sampleVariables } from '../../lib/deliveries/sample-variables.ts';
import { renderMail } from '../../lib/deliveries/template.ts';

const document = (body: string, head = ''): string =>
  `<mjml>\n<mj-head>${head}</mj-head>\n<mj-body>\n${body}\n</mj-body>\n</mjml>`;
const text = (content: string): string =>
  `<mj-section><mj-column><mj-text>${content}</mj-text></mj-column></mj-section>`;
const compiled = async (source: string): Promise<string> => {
  const result = await compileMjml(source, 'en');
  if (result.kind === 'refused') throw new Error(JSON.stringify(result.problems));
  return result.html;
};
const problems = async (source: string) => {
  const result = await compileMjml(source, 'en');
  return result.kind === 'refused' ? result.problems : [];
};
const variables = sampleVariables('en', 'coupon');
const render = async (source: string): Promise<string> => {
  const html = await compiled(source);
  return renderMail({ en: { subject: 's', html, text: 't' } }, 'en', variables, { strict: true }).html;
};

describe('MJML', () => {
  it('becomes HTML in which Liquid stands as it was written: in text, attributes and loops', async () => {
    const html = await render(
      document(
        `${text('Hello {% if customer.id == "customer-1" and 1 < 2 %}{{ customer.name }}{% endif %}')}
<mj-raw>{% for item in items %}</mj-raw>
<mj-section><mj-column><mj-button href="{{ item.url | append: "?a=1" | link }}">{{ item.title }}</mj-button></mj-column></mj-section>
<mj-raw>{% endfor %}</mj-raw>`,
      ),
    );
    expect(html).toContain('Hello Ada &lt;Lovelace&gt; &amp; &#34;Co&#34;');
    expect(html).toContain('href="https://shop.example/courses/probability?a=1&amp;reprise=decision-1"');
    expect(html).toContain('Probability, part 1');
    expect(html).not.toMatch(/liquidtoken|\{\{|\{%/);
  });

  it('keeps what head elements do: styles inline and attributes by selector, with Liquid in them', async () => {
    const head = `<mj-style inline="inline">.loud { color: red }</mj-style>
<mj-html-attributes><mj-selector path=".who div"><mj-html-attribute name="data-id">{{ customer.id }}</mj-html-attribute></mj-selector></mj-html-attributes>`;
    const html = await render(
      document(
        '<mj-section><mj-column><mj-text css-class="who"><b class="loud">x</b></mj-text></mj-column></mj-section>',
        head,
      ),
    );
    expect(html).toContain('data-id="customer-1"');
    expect(html).toMatch(/<b class="loud" style="color: ?red;">/);
  });

  it('fetches nothing from elsewhere to be read, and says its language', async () => {
    const html = await compiled(document(text('x')));
    expect(html).not.toMatch(/googleapis|@import|<link/);
    expect(html).toContain("'PingFang SC'");
    expect(html).toContain('<html lang="en" dir="auto"');
    const arabic = await compiled(document(text('مرحبا')).replace('<mjml>', '<mjml lang="ar" dir="rtl">'));
    expect(arabic).toContain('<html lang="ar" dir="rtl"');
  });

  it.each([
    [
      'an element it does not know',
      document('<mj-section>\n<mj-colum></mj-colum>\n</mj-section>'),
      5,
      'mj-colum',
    ],
    [
      'an attribute it does not know',
      document(text('x').replace('<mj-text', '\n<mj-text colour="red"')),
      5,
      'colour',
    ],
    ['an element in the wrong place', document('<mj-text>x</mj-text>'), 4, 'mj-body'],
    [
      'a loop that it would drop',
      document('{% for i in items %}\n<mj-section></mj-section>\n{% endfor %}'),
      4,
      '<mj-raw>{% … %}</mj-raw>',
    ],
    [
      'a value that it would drop',
      document('<mj-section>\n{{ customer.name }}\n</mj-section>'),
      5,
      '{{ customer.name }} would be lost',
    ],
    [
      'an element closed by another name',
      document('<mj-section>\n<mj-column>\n</mj-section>'),
      6,
      '</mj-section> closes what is not open: <mj-column> of line 5 is open',
    ],
    ['an element never closed', '<mjml><mj-body>\n<mj-section>', 2, '<mj-section> is never closed'],
    ['a file', document('<mj-include path="/etc/passwd" />'), 4, 'mj-include'],
    ['a tag closed without opening', '<mjml></mj-body></mjml>', 1, '</mj-body>'],
  ])('names the line of %s', async (_what, source, line, message) => {
    const found = await problems(source);
    expect(found.map((problem) => problem.line)).toContain(line);
    expect(JSON.stringify(found)).toContain(JSON.stringify(message).slice(1, -1));
    expect(JSON.stringify(found)).not.toContain('liquidtoken');
  });

  it.each([
    ['no MJML', '<p>Hello</p>', 'MJML'],
    ['nothing', '', 'MJML'],
    ['too much', document('x'.repeat(50_001)), 'at most 50000'],
  ])('refuses %s', async (_what, source, message) => {
    expect((await problems(source))[0].message).toContain(message);
  });

  it('lets a comment hold Liquid that goes nowhere, and does not send comments', async () => {
    expect(await compiled(document(`<!-- {{ note }} -->${text('x')}`))).not.toContain('note');
  });

  it('counts lines rightly behind Liquid of several lines', async () => {
    const source = document(`${text('{% if customer.name\n!= "" %}x{% endif %}')}\n<mj-nothing />`);
    expect((await problems(source)).map(({ line }) => line)).toEqual([6]);
  });
});
