import { describe, expect, it } from 'vitest';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import { mailWarnings } from '../../lib/deliveries/mail-warnings.ts';
import { sampleVariables } from '../../lib/deliveries/sample-variables.ts';
import { renderMail } from '../../lib/deliveries/template.ts';

const long = 'A sentence of some length that says what the mail is about. '.repeat(5);
const codes = (body: string, subject = 'A subject'): readonly string[] =>
  mailWarnings({
    subject,
    html: `<!doctype html><html lang="en"><body>${long}${body}</body></html>`,
    text: '',
  }).map(({ code }) => code);

describe('warnings about a mail', () => {
  it('are none for the built-in mails in both languages', () => {
    for (const kind of ['coupon', 'reminder'] as const) {
      for (const language of ['en', 'zh-CN'] as const) {
        const mail = renderMail(defaultTemplates[kind], language, sampleVariables(language, kind));
        expect(mailWarnings(mail)).toEqual([]);
      }
    }
  });

  it('say how large a mail is that Gmail would clip, counting bytes and not characters', () => {
    expect(codes('课'.repeat(33_000))).toEqual([]);
    expect(codes('课'.repeat(35_000))).toEqual(['size-clipped']);
    expect(codes('x'.repeat(102 * 1024))).toEqual(['size-clipped']);
  });

  it.each([
    ['A'.repeat(71), ['subject-long', 'subject-capitals']],
    ['Last chance to renew your membership today', []],
    ['LAST CHANCE TODAY', ['subject-capitals']],
    ['BBC NEWS', []],
    ['Only today!!', ['subject-marks']],
    ['仅限今天！！', ['subject-marks']],
    ['您的优惠码有效期至一月三十一日', []],
  ])('look at the subject "%s"', (subject, expected) => {
    expect(codes('', subject)).toEqual(expected);
  });

  it.each([
    ['<img src="https://a.example/x.png" alt="A lamp">', []],
    ['<img src="https://a.example/x.png" alt="">', []],
    ['<img src="https://a.example/x.png">', ['picture-without-alt']],
    ['<img src="http://a.example/x.png" alt="x">', ['picture-insecure']],
    // A pixel that counts opens is no picture.
    ['<img src="https://a.example/x.png" width="1" height="1">', []],
    ['<a href="https://a.example/x?a=1&amp;reprise=d">x</a>', []],
    ['<a href="https://a.example/x?a=1&amp;b=2">x</a>', ['link-untracked']],
    ['<a href="https://api.example/v1/unsubscribe/abc">x</a>', []],
    ['<a href="http://a.example?reprise=d">x</a>', ['link-insecure']],
    ['<a href="http://127.0.0.1:4000/v1/unsubscribe/t.s">Stop</a>', []],
    ['<a href="">x</a>', ['link-empty']],
    ['<a href="#">x</a>', ['link-empty']],
    ['<a href="https://bit.ly/abc?reprise=d">x</a>', ['link-shortened']],
    ['<a href="https://192.0.2.7/x?reprise=d">x</a>', ['link-by-number']],
    ['<a href="https://evil.example/?reprise=d">www.bank.example/login</a>', ['link-misleading']],
    ['<a href="https://www.bank.example/x?reprise=d">bank.example</a>', []],
    ['<a href="mailto:help@a.example">help@a.example</a>', []],
    ['<script>x</script><form></form>', ['content-dropped']],
    ['<link rel="stylesheet" href="https://a.example/x.css">', ['style-fetched']],
    ['<p style="letter-spacing:1px">Latin</p>', []],
    ['<p style="letter-spacing:1px">统计学</p>', ['letters-spaced']],
    ['<p style="letter-spacing:0">统计学</p>', []],
    ['<!-- <img src="x.png"><a href="http://a.example">x</a> -->', []],
  ])('look at %s', (body, expected) => {
    expect(codes(body)).toEqual(expected);
  });

  it('tell when a mail is pictures and nothing else', () => {
    const html = '<html lang="en"><img src="https://a.example/x.png" alt="Everything is in here"></html>';
    expect(mailWarnings({ subject: 's', html, text: '' }).map(({ code }) => code)).toEqual([
      'mostly-pictures',
    ]);
  });

  it('tell when Arabic or Hebrew is not directed, and when the language is not said', () => {
    const of = (html: string) => mailWarnings({ subject: 's', html, text: '' }).map(({ code }) => code);
    expect(of('<html lang="ar"><p>مرحبا بكم في متجرنا</p></html>')).toEqual(['direction-missing']);
    expect(of('<html lang="he" dir="rtl"><p>ברוכים הבאים</p></html>')).toEqual([]);
    // A name in another script does not turn the mail around.
    expect(of('<html lang="en"><p>Welcome back, ليلى, to the shop</p></html>')).toEqual([]);
    expect(of('<p>Hello</p>')).toEqual(['language-missing']);
  });
});
