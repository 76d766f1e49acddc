// The unsubscribe and preference pages in a real browser: what a customer sees and clicks, with the headers that Lambda answers.
// Needs a system Chromium (CHROMIUM_PATH, or /usr/bin/chromium); without one the tests say so in their names.

import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { respondHtml } from '../../functions/runtime.ts';
import { customerId } from '../../lib/base/ids.ts';
import { defaultSettings } from '../../lib/base/settings.ts';
import { answerPreferences } from '../../lib/deliveries/preferences.ts';
import { answerUnsubscribe } from '../../lib/deliveries/unsubscribe.ts';
import { preferenceToken, unsubscribeToken } from '../../lib/deliveries/unsubscribe-link.ts';
import { createFakeCustomerStore } from '../fakes/customer-store.ts';
import { createFakeEventQueue } from '../fakes/event-queue.ts';
import { noonMs, profileOf } from './stage.ts';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const hasChromium = existsSync(executablePath);
const title = hasChromium
  ? 'the pages behind a message’s links in Chromium'
  : `skipped: no Chromium at ${executablePath}`;

const secret = 'ab'.repeat(32);
const ada = customerId('ada');
const customers = createFakeCustomerStore();
const context = {
  customers,
  events: createFakeEventQueue(),
  clock: { nowMs: () => noonMs },
  settings: defaultSettings,
};
let server: Server;
let browser: Browser;
let url: string;

const startServer = async (): Promise<string> => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', async () => {
      const method = request.method === 'POST' ? 'POST' : 'GET';
      const token = request.url?.split('/').at(-1) ?? '';
      const body = Buffer.concat(parts).toString('utf8');
      const acceptLanguage = request.headers['accept-language'];
      const page = request.url?.includes('/preferences/') ? answerPreferences : answerUnsubscribe;
      const answer = respondHtml(await page({ method, token, body, acceptLanguage }, secret, context));
      response.writeHead(answer.statusCode ?? 500, answer.headers as Record<string, string>).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const token = unsubscribeToken({ customerId: ada, channel: 'email' }, secret);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/unsubscribe/${token}`;
};

describe.skipIf(!hasChromium)(title, () => {
  beforeAll(async () => {
    await customers.writeProfile(profileOf('ada', {}), undefined);
    url = await startServer();
    browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const suppression = async () => (await customers.read(ada)).profile?.suppressed.email;

  it('stops the mail on a click, not on a look, and offers the way back', async () => {
    const page = await browser.newPage({ locale: 'en-GB' });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(url);
    expect(await suppression()).toBeUndefined();
    await page.getByRole('button', { name: 'Unsubscribe' }).click();
    await page.waitForLoadState();
    expect((await suppression())?.reason).toBe('unsubscribed');
    await page.getByRole('button').click();
    await page.waitForLoadState();
    expect(await suppression()).toBeUndefined();
    await page.getByRole('link').click();
    await page.getByLabel('News and offers').first().uncheck();
    await page.getByLabel('Language').selectOption('zh-CN');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('已保存。').waitFor();
    expect((await customers.read(ada)).profile?.consents?.email?.marketing?.given).toBe(false);
    await page.getByLabel('语言').selectOption('en');
    await page.getByRole('button').click();
    await page.getByText('Saved.').waitFor();
    // Its own content security policy blocks nothing that it needs.
    expect(complaints.filter((text) => !text.includes('favicon'))).toEqual([]);
    await page.close();
  });

  it('fits phones and desktops in both languages, light and dark, and reads with enough contrast', async () => {
    const preferences = url.replace(/unsubscribe.*/, `preferences/${preferenceToken(ada, secret)}`);
    for (const [locale, address] of [
      ['en-GB', url],
      ['zh-CN', url],
      ['en-GB', preferences],
      ['zh-CN', preferences],
    ]) {
      const { profile } = await customers.read(ada);
      await customers.writeProfile({ ...profileOf('ada'), ...profile, language: locale }, profile);
      for (const [colorScheme, width] of [
        ['light', 360],
        ['dark', 360],
        ['light', 1280],
        ['dark', 1280],
      ] as const) {
        const page = await browser.newPage({ locale, colorScheme, viewport: { width, height: 640 } });
        await page.goto(address);
        if (process.env.SCREENSHOTS) {
          const name = `${address.includes('preferences') ? 'preferences' : 'unsubscribe'}-${locale}-${colorScheme}-${width}`;
          await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png`, fullPage: true });
        }
        const [needed, given] = (await page.evaluate('[document.body.scrollWidth, window.innerWidth]')) as [
          number,
          number,
        ];
        expect(needed).toBeLessThanOrEqual(given);
        expect(await page.evaluate(leastContrast)).toBeGreaterThanOrEqual(4.5);
        await page.close();
      }
    }
  });
});

/** In the browser: the smallest contrast (WCAG 2.2) between an element's own words and the colour behind them. */
const leastContrast = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((value) => value / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return channels(color)[3] === 0 && element.parentElement ? behind(element.parentElement) : color;
  };
  return Math.min(...[...document.querySelectorAll('body *')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''))
    .map((element) => {
      const [a, b] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }));
})()`;
