import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkDefinition } from '../../lib/campaigns/definition.ts';
import { defaultTemplates } from '../../lib/deliveries/default-templates.ts';
import { checkTemplates } from '../../lib/deliveries/template-check.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```json\n(?<json>[^`]*)```/g)].map(
  ({ groups }) => JSON.parse(groups?.json.replaceAll('…', '') ?? '') as { readonly variants?: unknown },
);

describe('the README', () => {
  it('shows a campaign that is accepted as it stands', () => {
    const campaigns = examples.filter(({ variants }) => variants !== undefined);
    expect(campaigns).toHaveLength(1);
    expect(
      checkDefinition(campaigns[0], { check: checkTemplates, defaults: defaultTemplates }).definition.name,
    ).toBe('Second course');
  });
});
