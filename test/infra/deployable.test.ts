// What CloudFormation and Lambda refuse only when it is too late: circular dependencies, imports that nobody exports,
// and bundles that cannot be imported.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { beforeAll, describe, expect, it } from 'vitest';
import { functionNames, logicalId } from '../../infra/functions.ts';
import { synthesizeForLocal } from '../../local/synthesis.ts';
import { type LocalFunction, readTemplate } from '../../local/template.ts';
import { synthesizeForTest, type Template } from './template.ts';

/** Every intrinsic function below a value, with its argument. */
const intrinsics = (value: unknown): readonly (readonly [name: string, argument: unknown])[] => {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(intrinsics);
  return Object.entries(value).flatMap(([name, argument]) => [
    [name, argument] as const,
    ...intrinsics(argument),
  ]);
};

const namesIn = ([name, argument]: readonly [string, unknown]): readonly string[] => {
  const [first] = Array.isArray(argument) ? argument : [argument];
  switch (name) {
    case 'Ref':
      return [String(argument)];
    case 'Fn::GetAtt':
      return [String(first).split('.')[0]];
    case 'Fn::Sub':
      return [...String(first).matchAll(/\$\{([^}.!]+)[^}]*\}/g)].map(([, id]) => id);
    case 'DependsOn':
      return [argument].flat().map(String);
    default:
      return [];
  }
};

/** Logical ids on a circle, in its order; empty when there is none. */
const circle = (resources: { readonly [id: string]: unknown }): readonly string[] => {
  const done = new Set<string>();
  const visit = (id: string, path: readonly string[]): readonly string[] => {
    if (path.includes(id)) return path.slice(path.indexOf(id));
    if (done.has(id)) return [];
    for (const next of intrinsics(resources[id]).flatMap(namesIn)) {
      const found = next in resources ? visit(next, [...path, id]) : [];
      if (found.length > 0) return found;
    }
    done.add(id);
    return [];
  };
  return Object.keys(resources).reduce<readonly string[]>(
    (found, id) => (found.length > 0 ? found : visit(id, [])),
    [],
  );
};

describe('dependencies between resources', () => {
  it.each([
    [{ A: { Ref: 'B' }, B: { x: [{ 'Fn::GetAtt': ['A', 'Arn'] }] } }, ['A', 'B']],
    [{ A: { 'Fn::Sub': 'a-$' + '{B.Arn}' }, B: { 'Fn::Sub': ['$' + '{A}', {}] } }, ['A', 'B']],
    [{ A: { DependsOn: ['B'] }, B: { 'Fn::GetAtt': 'C.Arn' }, C: { DependsOn: 'B' } }, ['B', 'C']],
    [{ A: { Ref: 'A' } }, ['A']],
    [{ A: { Ref: 'B' }, B: { Ref: 'AWS::Region' }, C: [{ Ref: 'A' }, { Ref: 'B' }] }, []],
  ])('of %j: %j is a circle', (resources, expected) => {
    expect(circle(resources)).toEqual(expected);
  });
});

describe('the synthesized templates', () => {
  let data: Template & { readonly Outputs?: { readonly [id: string]: { readonly Export?: object } } };
  let service: Template;
  beforeAll(async () => {
    ({ data, service } = await synthesizeForTest());
  });

  it('have no circular dependency', () => {
    expect(circle(data.Resources)).toEqual([]);
    expect(circle(service.Resources)).toEqual([]);
  });

  it('the service stack imports only what the data stack exports, and the data stack imports nothing', () => {
    const importedBy = (template: Template): unknown[] =>
      intrinsics(template)
        .filter(([name]) => name === 'Fn::ImportValue')
        .map(([, argument]) => argument);
    const exported = Object.values(data.Outputs ?? {}).map(
      ({ Export }) => (Export as { readonly Name: unknown }).Name,
    );
    const imported = new Set(importedBy(service));
    expect(imported.size).toBeGreaterThan(0);
    expect([...imported].filter((name) => !exported.includes(name))).toEqual([]);
    expect(importedBy(data)).toEqual([]);
  });
});

describe('the bundled functions', () => {
  const functions = new Map<string, LocalFunction>();
  beforeAll(async () => {
    const { directory } = await synthesizeForLocal();
    const template = readTemplate({
      directory,
      apiUrl: 'https://api.example',
      sqsUrl: 'https://sqs.example',
    });
    for (const each of template.functions) {
      functions.set(each.name.slice(each.name.indexOf('-') + 1, -'12345678'.length), each);
    }
  });

  // What opens a connection at import delays each cold start and fails where there is no network yet.
  const importing = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { Socket } = require('node:net');
    const connections = [];
    Socket.prototype.connect = function (...to) { connections.push(JSON.stringify(to)); return this; };
    import(workerData.url).then(
      (module) => setImmediate(() => parentPort.postMessage([typeof module[workerData.name], connections])),
      (error) => parentPort.postMessage([String(error && error.stack), connections]),
    );`;

  it.each(functionNames)(
    '%s can be imported with its own environment alone, and connects to nothing',
    async (name) => {
      const lambda = functions.get(logicalId(name));
      if (lambda === undefined) throw new Error(`the template has ${[...functions.keys()].join(', ')}`);
      const [file, handler] = lambda.handler.split('.');
      const worker = new Worker(importing, {
        eval: true,
        env: { ...lambda.environment },
        workerData: { url: pathToFileURL(join(lambda.directory, `${file}.mjs`)).href, name: handler },
      });
      const imported = await new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
      await worker.terminate();
      expect(imported).toEqual(['function', []]);
    },
  );
});
