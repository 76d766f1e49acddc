// Mails from Liquid templates: parse, check, render. HTML is escaped by default, text and subject are not.
// Variables: customer, campaign, coupon (in coupon mails), recommendations, unsubscribeUrl, preferenceUrl.
// Filter `link` adds ?reprise=<decisionId>, so that a visit can be told to come from this decision.
// At send a missing variable renders as nothing; at preview and validation it is an error.
// Limits: no file access, templateLengthMax characters a part, templateRenderMs to render one.

import { Liquid, type Template as ParsedTemplate } from 'liquidjs';
import type { Problem } from '../base/errors.ts';
import { templateLengthMax, templateRenderMs } from '../base/limits.ts';
import type { Template, Templates } from '../campaigns/campaign.ts';
import type { Language } from '../events/customer.ts';
import { sampleVariables } from './sample-variables.ts';

export interface MailVariables {
  readonly customer: {
    readonly id: string;
    /** '' when not told. */
    readonly name: string;
    readonly language: Language;
    readonly traits: object;
  };
  readonly campaign: { readonly id: string; readonly name: string };
  readonly coupon?: {
    readonly code: string;
    /** "15% off" in the mail's language. */
    readonly discountText: string;
    /** ISO 8601, and a date for people in the customer's language and zone. */
    readonly expiresAt: string;
    readonly expiresText: string;
    /** '' when there is no minimum. */
    readonly minimumSpendText: string;
  };
  readonly recommendations: readonly MailItem[];
  readonly unsubscribeUrl: string;
  readonly preferenceUrl: string;
  /** Not for display: the filter `link` adds it. */
  readonly decisionId: string;
}

export interface MailItem {
  readonly title: string;
  /** Why it is recommended, in the mail's language. */
  readonly reason: string;
  /** "€49", or '' when the catalogue has no price. */
  readonly price: string;
  /** '' when the catalogue has none. */
  readonly url: string;
}

export interface RenderedMail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

export interface RenderOptions {
  /** Missing variables are errors. Default false. */
  readonly strict?: boolean;
}

/** Renders the template of that language, or English where there is none. Throws when the template cannot be rendered. */
export const renderMail = (
  templates: Templates,
  language: Language,
  variables: MailVariables,
  { strict = false }: RenderOptions = {},
): RenderedMail => {
  const parsed = parsedOf(templates[language] ?? templates.en);
  const options = { strictVariables: strict };
  const render = (engine: Liquid, part: ParsedTemplate[]): string =>
    String(engine.renderSync(part, variables, options));
  return {
    // A subject is one line: a line break in a name must not become a header.
    subject: render(plain, parsed.subject).replace(/\s+/g, ' ').trim(),
    html: render(escaped, parsed.html),
    text: render(plain, parsed.text),
  };
};

/** What is wrong with the templates of an action of this kind; empty when they can be sent. */
export const checkTemplates = (
  templates: Templates,
  kind: 'coupon' | 'reminder' = 'coupon',
): readonly Problem[] => {
  const languages: readonly Language[] = ['en', 'zh-CN'];
  return languages.flatMap((language) => {
    const template = templates[language];
    return template === undefined ? [] : checkTemplate(template, language, kind);
  });
};

const checkTemplate = (
  template: Template,
  language: Language,
  kind: 'coupon' | 'reminder',
): readonly Problem[] => {
  const variables = sampleVariables(language, kind);
  return (['subject', 'html', 'text'] as const).flatMap((part) => {
    const path = `templates.${language}.${part}`;
    const source = template[part];
    if (source.trim() === '' || source.length > templateLengthMax) {
      return [{ path, message: `must have 1 to ${templateLengthMax} characters, has ${source.length}` }];
    }
    try {
      const engine = part === 'html' ? escaped : plain;
      const output = String(engine.parseAndRenderSync(source, variables, { strictVariables: true }));
      return problemsOf(part, output, variables).map((message) => ({ path, message }));
    } catch (error) {
      return [{ path, message: error instanceof Error ? error.message : String(error) }];
    }
  });
};

const problemsOf = (part: keyof Template, output: string, variables: MailVariables): readonly string[] => {
  if (part === 'subject') {
    return output.trim() === '' ? ['renders to nothing'] : [];
  }
  return output.includes(variables.unsubscribeUrl)
    ? []
    : ['must contain {{ unsubscribeUrl }}: marketing mail needs a way out of it'];
};

interface ParsedParts {
  readonly subject: ParsedTemplate[];
  readonly html: ParsedTemplate[];
  readonly text: ParsedTemplate[];
}

/** Parsed once for all customers of a batch; a template's object lives as long as its campaign is held. */
const parsedTemplates = new WeakMap<Template, ParsedParts>();

const parsedOf = (template: Template): ParsedParts => {
  const known = parsedTemplates.get(template);
  if (known !== undefined) {
    return known;
  }
  const parsed = {
    subject: plain.parse(template.subject),
    html: escaped.parse(template.html),
    text: plain.parse(template.text),
  };
  parsedTemplates.set(template, parsed);
  return parsed;
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

const escaped = createEngine('escape');
const plain = createEngine(undefined);

/** Adds the decision to a web address; anything else is returned as it came. */
const withDecision = (url: string, decisionId: string): string => {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    return url;
  }
  const parsed = new URL(url);
  parsed.searchParams.set('reprise', decisionId);
  return parsed.toString();
};
