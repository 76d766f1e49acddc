// Liquid as templates use it. Two engines: HTML is escaped by default, subjects, texts and short messages are not.
// Filter `link` adds ?reprise=<decisionId>, so that a visit can be told to come from this decision (decision-links.ts).
// Limits: no file access, templateLengthMax characters a part, templateRenderMs to render one.

import { Liquid, type Template as ParsedTemplate } from 'liquidjs';
import { templateLengthMax, templateRenderMs } from '../base/limits.ts';
import { withDecision } from './decision-links.ts';
import type { MailVariables } from './mail-variables.ts';

export type Escaping = 'html' | 'plain';

export interface RenderOptions {
  /** Missing variables are errors. Default false: they render as nothing. */
  readonly strict?: boolean;
}

/** Throws when the source cannot be parsed or rendered. */
export const renderLiquid = (
  source: string,
  escaping: Escaping,
  variables: MailVariables,
  { strict = false }: RenderOptions = {},
): string => {
  const engine = engines[escaping];
  return String(engine.renderSync(parsedOf(source, escaping), variables, { strictVariables: strict }));
};

const parsed: Record<Escaping, Map<string, ParsedTemplate[]>> = { html: new Map(), plain: new Map() };
/** A campaign has a dozen parts; what is parsed for one batch is parsed for all its customers. */
const parsedCountMax = 200;

const parsedOf = (source: string, escaping: Escaping): ParsedTemplate[] => {
  const known = parsed[escaping].get(source);
  if (known !== undefined) {
    return known;
  }
  const made = engines[escaping].parse(source);
  if (parsed[escaping].size >= parsedCountMax) {
    parsed[escaping].clear();
  }
  parsed[escaping].set(source, made);
  return made;
};

const createEngine = (outputEscape: 'escape' | undefined): Liquid => {
  const engine = new Liquid({
    outputEscape,
    strictFilters: true,
    // Strict rendering still lets `if` and `default` ask for what may be missing, such as a trait.
    lenientIf: true,
    // Partials come from this empty set and nowhere else: a template must not read files.
    templates: {},
    ownPropertyOnly: true,
    parseLimit: templateLengthMax,
    renderLimit: templateRenderMs,
    memoryLimit: 10_000_000,
  });
  engine.registerFilter('link', function (url: unknown) {
    return typeof url === 'string' ? withDecision(url, String(this.context.getSync(['decisionId']))) : '';
  });
  return engine;
};

const engines: Record<Escaping, Liquid> = { html: createEngine('escape'), plain: createEngine(undefined) };
