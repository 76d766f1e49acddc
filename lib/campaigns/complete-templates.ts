// Makes what a definition leaves out of its templates: HTML from MJML, and the text part from the HTML. It walks the
// raw input, journeys' steps included, before the definition is checked; what cannot be made is a problem with its path.

import type { Problem } from '../base/errors.ts';
import { jsonDepthMax } from '../base/limits.ts';
import { isObject } from './condition-check.ts';

export interface TemplateMaker {
  /** HTML, or what is wrong with the MJML, line by line. */
  compile(
    mjml: string,
    language: 'en' | 'zh-CN',
  ): Promise<
    | { readonly kind: 'compiled'; readonly html: string }
    | {
        readonly kind: 'refused';
        readonly problems: readonly { readonly line?: number; readonly message: string }[];
      }
  >;
  textOf(html: string): string;
}

export interface CompletedInput {
  readonly input: unknown;
  readonly problems: readonly Problem[];
}

export const completeTemplates = async (input: unknown, maker: TemplateMaker): Promise<CompletedInput> => {
  const problems: Problem[] = [];
  const walk = async (value: unknown, path: string, depth: number): Promise<unknown> => {
    if (depth > jsonDepthMax || typeof value !== 'object' || value === null) {
      return value;
    }
    if (Array.isArray(value)) {
      return Promise.all(
        value.map((one: unknown, index) => walk(one, under(path, String(index)), depth + 1)),
      );
    }
    const entries = Object.entries(value).map(async ([key, inner]: [string, unknown]) => {
      const at = under(path, key);
      return [
        key,
        key === 'templates' && isObject(inner)
          ? await completeLanguages(inner, at, maker, problems)
          : await walk(inner, at, depth + 1),
      ] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };
  return { input: await walk(input, '', 0), problems };
};

const under = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

const completeLanguages = async (
  templates: { readonly [language: string]: unknown },
  path: string,
  maker: TemplateMaker,
  problems: Problem[],
): Promise<unknown> => {
  const completed = Object.entries(templates).map(async ([language, template]) => [
    language,
    isObject(template)
      ? await completeTemplate(
          template,
          under(path, language),
          language === 'zh-CN' ? language : 'en',
          maker,
          problems,
        )
      : template,
  ]);
  return Object.fromEntries(await Promise.all(completed));
};

const completeTemplate = async (
  template: { readonly [part: string]: unknown },
  path: string,
  language: 'en' | 'zh-CN',
  maker: TemplateMaker,
  problems: Problem[],
): Promise<unknown> => {
  let { html } = template;
  if (typeof template.mjml === 'string') {
    const compiled = await maker.compile(template.mjml, language);
    if (compiled.kind === 'refused') {
      problems.push(
        ...compiled.problems.map(({ line, message }) => ({
          path: `${path}.mjml`,
          message: line === undefined ? message : `line ${line}: ${message}`,
        })),
      );
      return template;
    }
    html = compiled.html;
  }
  const makesText = typeof html === 'string' && (template.text === undefined || template.textIsMade === true);
  return {
    ...template,
    ...(html !== undefined && { html }),
    ...(makesText && { text: maker.textOf(html as string), textIsMade: true }),
  };
};
