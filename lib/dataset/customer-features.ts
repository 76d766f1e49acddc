// What identify events tell of customers, coarse enough to learn from: `language=zh`, `locale=zh-CN`, `timezone=…`, and
// `trait=value` of other traits that are a short text or true/false.
// A value is used only where at least featureCustomersCountMin customers share it, a trait only where it has few values
// and is no name, address or contact; everything else stays in the archive. The latest statement counts, by trait.
// Rows: customer, feature, since_ms (the first statement of the value, so that a split by time knows what was known).

import {
  featureCustomersCountMin,
  featureLengthMax,
  featureTraitsCountMax,
  featureValuesCountMax,
} from '../base/model-limits.ts';
import type { CustomerProfile } from '../events/customer.ts';
import type { Json } from '../events/event.ts';
import type { Analytics, ObjectStore, WithAnalytics } from '../ports.ts';

/** Traits of a person, never of a group; compared in lower case. */
const personal = [
  'address',
  'avatar',
  'birthday',
  'company',
  'description',
  'email',
  'firstname',
  'id',
  'lastname',
  'name',
  'phone',
  'username',
  'website',
];
const languageNames = ['language', 'locale', '$locale'];
const timeZoneNames = ['timezone', '$timezone'];
const traitName = /^[A-Za-z][A-Za-z0-9_ -]*$/;
const shortPattern = new RegExp(`^.{1,${featureLengthMax}}$`, 'su');
const languageTag = /^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$/;

/** The features that a profile has; which of them a model knows is the model's matter. */
export const profileFeatures = ({ traits }: CustomerProfile): readonly string[] => {
  const first = (names: readonly string[]): string | undefined =>
    names.map((name) => shortText(traits[name])).find((value) => value !== undefined);
  const language = first(languageNames);
  const timeZone = first(timeZoneNames);
  const others = Object.entries(traits).flatMap(([name, value]) => {
    const text = isGroupTrait(name) ? shortText(value) : undefined;
    return text === undefined ? [] : [`${name}=${text}`];
  });
  return [
    ...(language !== undefined && languageTag.test(language) ? languageFeatures(language) : []),
    ...(timeZone === undefined ? [] : [`timezone=${timeZone}`]),
    ...others,
  ];
};

const languageFeatures = (tag: string): readonly string[] => {
  const [language] = tag.toLowerCase().split(/[-_]/);
  return [`language=${language}`, `locale=${tag.replaceAll('_', '-')}`];
};

const isGroupTrait = (name: string): boolean =>
  traitName.test(name) &&
  name.length <= featureLengthMax &&
  ![...personal, ...languageNames, ...timeZoneNames].includes(name.toLowerCase());

const shortText = (value: Json | undefined): string | undefined => {
  const text = typeof value === 'boolean' ? String(value) : typeof value === 'string' ? value.trim() : '';
  return shortPattern.test(text) ? text : undefined;
};

const list = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ');

/** From the view `resolved` (identify events with customer, traits and context) to the table `feature`. */
export const featureStatement = `
create macro short_text(j) as case
  when json_type(j) = 'BOOLEAN' then j->>'$'
  when json_type(j) = 'VARCHAR' and length(trim(j->>'$')) between 1 and ${featureLengthMax} then trim(j->>'$') end;
create table stated as
with identified as (
  select customer, id, at_ms, traits, context from resolved where kind = 'identify' and customer is not null),
named as (
  select customer, id, at_ms, traits, unnest(json_keys(traits)) as name from identified
  where json_type(traits) = 'OBJECT'),
said as (
  select customer, id, at_ms, name, short_text(json_extract(traits, '$."' || name || '"')) as value from named
  where regexp_full_match(name, '${traitName.source.slice(1, -1)}') and length(name) <= ${featureLengthMax}
  union all select customer, id, at_ms, '$locale', short_text(context->'locale') from identified
  union all select customer, id, at_ms, '$timezone', short_text(context->'timezone') from identified)
select customer, name, value, min(at_ms) over (partition by customer, name, value) as since_ms
from said where value is not null
qualify row_number() over (partition by customer, name order by at_ms desc, id desc) = 1;
create table known as
with language as (
  select customer, arg_min(value, list_position([${list(languageNames)}], name)) as value,
    arg_min(since_ms, list_position([${list(languageNames)}], name)) as since_ms
  from stated where name in (${list(languageNames)}) group by customer),
trait as (
  select name from stated where lower(name) not in (${list([...personal, ...languageNames, ...timeZoneNames])})
  group by name having count(distinct value) <= ${featureValuesCountMax}
  order by count(*) desc, name limit ${featureTraitsCountMax})
select customer, 'language=' || lower(regexp_extract(value, '^[A-Za-z]+')) as feature, since_ms from language
  where regexp_full_match(value, '${languageTag.source.slice(1, -1)}')
union all select customer, 'locale=' || replace(value, '_', '-'), since_ms from language
  where regexp_full_match(value, '${languageTag.source.slice(1, -1)}')
union all select customer, 'timezone=' || arg_max(value, name), arg_max(since_ms, name) from stated
  where name in (${list(timeZoneNames)}) group by customer
union all select customer, name || '=' || value, since_ms from stated semi join trait using (name);
create table feature as
select * from known where feature in (
  select feature from known group by feature having count(distinct customer) >= ${featureCustomersCountMin});
drop table stated;
drop table known;`;

/** Only of customers with interactions. */
export const featuresQuery = `
select customer, feature, since_ms from feature semi join cleaned using (customer) order by customer, feature`;

export interface StatedFeature {
  readonly customer: string;
  readonly feature: string;
  readonly sinceMs: number;
}

/** `file`: the key of what featuresQuery gave. */
export const loadFeatures = (
  file: string,
  models: ObjectStore,
  withAnalytics: WithAnalytics,
): Promise<readonly StatedFeature[]> =>
  withAnalytics(async (analytics: Analytics) => {
    const path = await analytics.fetch(models, [{ key: file, sizeBytes: 0 }], '.parquet');
    const rows = await analytics.rows(
      `select customer, feature, since_ms::double as since_ms from read_parquet('${path}')`,
    );
    return rows.map((row) => ({
      customer: String(row.customer),
      feature: String(row.feature),
      sinceMs: Number(row.since_ms),
    }));
  });

/** By customer: what was known before the instant. */
export const featuresBefore = (
  stated: readonly StatedFeature[],
  atMs: number,
): ReadonlyMap<string, readonly string[]> => {
  const features = new Map<string, string[]>();
  for (const { customer, feature, sinceMs } of stated) {
    if (sinceMs < atMs) {
      features.set(customer, [...(features.get(customer) ?? []), feature]);
    }
  }
  return features;
};
