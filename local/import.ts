// npm run import -- --format FORMAT FILE [options]: sends a file through the capture endpoint of a running host.
// Endpoint and keys come from .reprise/endpoints.json of `npm start`, unless they are given.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Format } from './import/format.ts';
import { hillstrom } from './import/hillstrom.ts';
import { movielens } from './import/movielens.ts';
import { onlineRetail } from './import/online-retail.ts';
import { ordersCsv } from './import/orders-csv.ts';
import { personalize } from './import/personalize.ts';
import { showProgress } from './import/progress.ts';
import { type ImportRequest, type ImportSummary, runImport } from './import/run.ts';
import { segment } from './import/segment.ts';
import { timeMs } from './import/zoned-time.ts';

const formats: readonly Format[] = [onlineRetail, ordersCsv, movielens, personalize, segment, hillstrom];
const dayMs = 86_400_000;

const usage = `npm run import -- --format FORMAT FILE [options]

  FORMAT            ${formats.map(({ name }) => name).join(', ')}
  FILE              the file, plain or gzip

  --contact PATTERN identify every customer with this address, {id} being the id: customer-{id}@example.com
  --time-zone ZONE  of times that state none; default Europe/London for online-retail, else UTC
  --shift-days N    add N days to every time, so that an old file ends today
  --since ISO       leave out what is earlier than this time (after --shift-days); such an import goes on from another
  --until ISO       leave out what is of this time or later: a host whose clock stands there refuses it as future
  --map TYPE=EVENT  personalize: the event that a type means; may be repeated
  --create-items    make an item of every id that the catalogue does not have
  --directory DIR   for the state (to resume) and the rejected lines; default: the current one
  --concurrency N   requests under way at once, 1 to 16; default 4
  --api URL, --write-key KEY, --admin-key KEY
                    default: the host that runs here (.reprise/endpoints.json)`;

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      format: { type: 'string' },
      contact: { type: 'string' },
      'time-zone': { type: 'string' },
      'shift-days': { type: 'string' },
      since: { type: 'string' },
      until: { type: 'string' },
      map: { type: 'string', multiple: true },
      'create-items': { type: 'boolean' },
      directory: { type: 'string' },
      concurrency: { type: 'string' },
      api: { type: 'string' },
      'write-key': { type: 'string' },
      'admin-key': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const format = formats.find(({ name }) => name === values.format);
  const [path, ...others] = positionals;
  if (!format || path === undefined || others.length > 0) {
    throw new Error(
      `a known format and one file are needed; received ${values.format ?? 'no format'}, ${positionals.length} files\n\n${usage}`,
    );
  }
  if (!existsSync(path)) throw new Error(`there is no file ${path}`);
  const request = requestOf(format, path, values);
  console.log(
    `Importing ${path} (${format.name}) to ${request.capture.apiUrl}; times without a zone are ${request.options.timeZone}`,
  );
  const progress = showProgress(process.stdout, process.stdout.isTTY === true);
  const summary = await runImport({ ...request, onProgress: progress.show });
  progress.end();
  console.log(describe(summary));
};

interface Values {
  readonly [name: string]: string | boolean | readonly string[] | undefined;
}

const requestOf = (format: Format, path: string, values: Values): ImportRequest => {
  const local = localEndpoints();
  const text = (name: string, fallback?: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : fallback;
  };
  const apiUrl = text('api', local?.apiUrl)?.replace(/\/$/, '');
  // The local host's keys are for the local host alone.
  const keys = local && apiUrl === local.apiUrl ? local.keys : undefined;
  const writeKey = text('write-key', keys?.write);
  const adminKey = text('admin-key', keys?.admin);
  if (apiUrl === undefined || writeKey === undefined) {
    throw new Error(
      'no host is running here (.reprise/endpoints.json); run `npm start`, or give --api and --write-key',
    );
  }
  const contact = text('contact');
  if (contact !== undefined && !contact.includes('{id}')) {
    throw new Error(`--contact needs {id}, or all customers share one address; received ${contact}`);
  }
  const timeZone = timeZoneOf(text('time-zone', format.timeZone ?? 'UTC') ?? 'UTC');
  const [since, until] = [text('since'), text('until')];
  return {
    format,
    path,
    options: {
      ...(contact !== undefined && { contact }),
      timeZone,
      ...(since !== undefined && { sinceMs: instantOf('--since', since, timeZone) }),
      ...(until !== undefined && { untilMs: instantOf('--until', until, timeZone) }),
      shiftMs: wholeNumber('--shift-days', text('shift-days', '0') ?? '0', -36_500, 36_500) * dayMs,
      eventNames: eventNamesOf(values.map),
    },
    directory: text('directory', '.') ?? '.',
    capture: {
      apiUrl,
      writeKey,
      concurrency: wholeNumber('--concurrency', text('concurrency', '4') ?? '4', 1, 16),
    },
    ...(adminKey !== undefined && { admin: { apiUrl, adminKey } }),
    createItems: values['create-items'] === true,
  };
};

interface Endpoints {
  readonly apiUrl: string;
  readonly keys: { readonly write: string; readonly admin: string };
}

const localEndpoints = (): Endpoints | undefined => {
  const path = join('.reprise', 'endpoints.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Endpoints) : undefined;
};

const timeZoneOf = (zone: string): string => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    throw new Error(`--time-zone must be an IANA name such as Europe/London; received ${zone}`);
  }
};

const instantOf = (option: string, text: string, timeZone: string): number => {
  const ms = timeMs(text, timeZone);
  if (ms === undefined) {
    throw new Error(`${option} must be a time such as 2011-11-09T12:00:00Z; received ${text}`);
  }
  return ms;
};

const wholeNumber = (option: string, text: string, min: number, max: number): number => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < min || number > max) {
    throw new Error(`${option} must be a whole number from ${min} to ${max}; received ${text}`);
  }
  return number;
};

const eventNamesOf = (pairs: Values[string]): Map<string, string> =>
  new Map(
    (Array.isArray(pairs) ? pairs : []).map((pair: string) => {
      const [, type, event] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
      if (type === undefined)
        throw new Error(`--map must be TYPE=EVENT, such as "watch=Content Started"; received ${pair}`);
      return [type, event];
    }),
  );

const describe = (summary: ImportSummary): string => {
  const count = (value: number): string => value.toLocaleString('en-US').padStart(12);
  const rejected = [...summary.rejected.values()].reduce((sum, value) => sum + value, 0);
  return [
    `${count(summary.lines)}  lines read`,
    ...leftOutLines(summary, count),
    `${count(summary.events)}  events sent${summary.skipped > 0 ? ` (${summary.skipped.toLocaleString('en-US')} before were acknowledged earlier)` : ''}`,
    `${count(summary.orders)}  orders`,
    `${count(summary.refunds)}  refunds`,
    `${count(summary.customers)}  customers`,
    `${count(summary.items)}  items written into the catalogue`,
    `${count(rejected)}  rejected${summary.rejectedPath ? `, in ${summary.rejectedPath}` : ''}`,
    ...[...summary.rejected]
      .sort((a, b) => b[1] - a[1])
      .map(([reason, value]) => `${count(value)}    ${reason}`),
    `${summary.seconds.toFixed(1).padStart(12)}  seconds, ${Math.round(summary.events / summary.seconds).toLocaleString('en-US')} events/s`,
  ].join('\n');
};

const leftOutLines = (
  { leftOut: { earlier, later } }: ImportSummary,
  count: (value: number) => string,
): string[] => [
  ...(earlier > 0 ? [`${count(earlier)}  lines left out: earlier than --since`] : []),
  ...(later > 0 ? [`${count(later)}  lines left out: of the time of --until or later`] : []),
];

main().catch((error: unknown) => {
  console.error(`\nImport: ${error instanceof Error ? error.message : String(error)}`);
  console.error('What was acknowledged is kept; the same command goes on from there.');
  process.exitCode = 1;
});
