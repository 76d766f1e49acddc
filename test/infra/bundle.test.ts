import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFunctions } from '../../infra/bundle.ts';
import { functionNames, functionSpecs } from '../../infra/functions.ts';

describe('the bundles of the functions', () => {
  const directory = mkdtempSync(join(tmpdir(), 'reprise-bundles-'));
  const bundle = (name: string) => join(directory, name, 'index.mjs');
  beforeAll(() => bundleFunctions(functionNames, directory));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('import DuckDB only where it is installed beside them; elsewhere the function would not start', () => {
    const importing = functionNames.filter((name) =>
      /from\s*["']@duckdb/.test(readFileSync(bundle(name), 'utf8')),
    );
    const installed = functionNames.filter((name) => 'analytics' in functionSpecs[name]);
    expect(importing.filter((name) => !installed.includes(name))).toEqual([]);
  });

  it('compile MJML only where campaigns are saved: what sends needs Liquid alone', () => {
    const compiling = functionNames.filter((name) => readFileSync(bundle(name), 'utf8').includes('mj-hero'));
    expect(compiling).toEqual(['campaigns']);
    // Cheerio without its HTTP client and encodings, 1.4 MB.
    expect(readFileSync(bundle('campaigns'), 'utf8')).not.toMatch(/undici|iconv-lite/);
  });

  it('compile MJML as bundled, with what it asks of other packages', async () => {
    Object.assign(process.env, {
      REPRISE_CAMPAIGNS_TABLE: 't',
      REPRISE_CATALOG_TABLE: 't',
      REPRISE_CAMPAIGN_STATE_MACHINE_ARN: 'arn',
      AWS_REGION: 'eu-west-1',
    });
    const { handler } = (await import(bundle('campaigns'))) as {
      handler: (event: object) => Promise<{ statusCode: number; body: string }>;
    };
    const mjml = `<mjml><mj-head><mj-style inline="inline">b { color: red }</mj-style>
<mj-html-attributes><mj-selector path="b"><mj-html-attribute name="id">x</mj-html-attribute></mj-selector></mj-html-attributes>
</mj-head><mj-body><mj-section><mj-column><mj-text><b>x</b></mj-text>
<mj-nothing /></mj-column></mj-section></mj-body></mjml>`;
    const templates = { en: { subject: 'Hi', mjml } };
    const variants = [{ name: 'a', weight: 1, action: { kind: 'reminder', templates } }];
    const body = JSON.stringify({ variants });
    const answer = await handler({ routeKey: 'POST /v1/admin/campaigns', headers: {}, body });
    expect(answer.statusCode).toBe(400);
    const { problems } = JSON.parse(answer.body).error as { problems: { path: string; message: string }[] };
    expect(problems.filter(({ path }) => path.startsWith('variants'))).toEqual([
      {
        path: 'variants.0.action.templates.en.mjml',
        message: "line 4: mj-nothing: Element mj-nothing doesn't exist or is not registered",
      },
    ]);
  });

  it('hold no more than they use: the authorizer, which every request waits for, stays under 1 MB', () => {
    expect(statSync(bundle('authorize')).size).toBeLessThan(1_000_000);
  });
});
