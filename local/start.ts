// `npm start`: runs Reprise on this machine. The first start shows the loop on a simulated market; every start goes
// on serving until Ctrl-C. `npm start -- --help` names the options.

import { parseArgs } from 'node:util';
import { isPresetName, type PresetName, presetNames } from '../infra/presets.ts';
import { saveReportPages } from './demo/report-pages.ts';
import { describeDemo } from './demo/table.ts';
import { demoLeadMs, runDemo } from './demo.ts';
import { type LocalHost, startHost } from './host.ts';
import { showPreset } from './preset.ts';

const help = `npm start -- [options]
  --fresh              forget everything kept before
  --port 4000          port of the API (0 takes a free one)
  --directory .reprise where everything is kept
  --clock ISO          where the clock stands at the first start
  --no-demo            no simulated market at the first start
  --once               print the demonstration's result and end
  --preset finance     a field other than courses (${presetNames.join(', ')}): its rules, and on the
                       first start its small catalogue and drafts of the campaigns that suit it,
                       in place of the simulated market`;

const options = {
  fresh: { type: 'boolean', default: false },
  port: { type: 'string', default: '4000' },
  directory: { type: 'string', default: '.reprise' },
  clock: { type: 'string' },
  once: { type: 'boolean', default: false },
  preset: { type: 'string' },
  demo: { type: 'boolean', default: true },
  help: { type: 'boolean', default: false },
} as const;

const startedMs = performance.now();
const flags = readFlags(process.argv.slice(2));

function readFlags(args: string[]) {
  try {
    const { values } = parseArgs({ args, options, allowNegative: true });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    return values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exit(1);
  }
}

const say = (line: string): void => {
  console.log(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${line}`);
};

const run = async (): Promise<void> => {
  const port = Number(flags.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port ${flags.port} is not a port; give a number from 0 (any free one) to 65535`);
  }
  // The simulated campaign takes a month under the moved clock and ends at the real time.
  const preset = presetOf(flags.preset);
  const showsMarket = flags.demo && preset === undefined;
  const demoClock = showsMarket ? new Date(Date.now() - demoLeadMs).toISOString() : undefined;
  const host = await startHost({
    directory: flags.directory,
    port,
    fresh: flags.fresh,
    clockIso: flags.clock ?? demoClock,
    preset,
    onProgress: say,
  });
  const stopped = untilStopped();
  try {
    await Promise.race([stopped, show(host, preset)]);
    if (!flags.once) {
      await stopped;
    }
  } finally {
    await host.close();
  }
};

/** Throws, naming those that there are. */
const presetOf = (name: string | undefined): PresetName | undefined => {
  if (name === undefined || isPresetName(name)) return name;
  throw new Error(`--preset ${name} is none of ${presetNames.join(', ')}`);
};

const show = async (host: LocalHost, preset: PresetName | undefined): Promise<void> => {
  say(`Serving at ${host.apiUrl}`);
  if (host.isNew && flags.demo && preset !== undefined) {
    console.log(`\n${await showPreset(host, preset)}\n`);
  } else if (host.isNew && flags.demo) {
    // A training every night of the simulated month would be thirty; the demonstration trains once.
    host.schedules.pause();
    const demo = await runDemo(host, say);
    host.schedules.resume();
    const pages = await saveReportPages(host, demo.result.campaignId, flags.directory);
    console.log(`\n${describeDemo(demo)}\n\nThe campaign's report: ${pages.join(', ')}\n`);
  }
  if (!flags.once) {
    console.log(ready(host));
  }
};

const ready = ({ apiUrl, mailUrl, keys }: LocalHost): string => `
Reprise runs at ${apiUrl}
  sent mails     ${mailUrl}
  keys, data     ${flags.directory}/ (endpoints.json has all keys)

Send an event:
  curl -u ${keys.write}: -H 'content-type: application/json' ${apiUrl}/v1/track \\
    -d '{"userId":"me","event":"Product Viewed","properties":{"product_id":"music-s1-1-en"}}'
Ask for recommendations:
  curl -H 'authorization: Bearer ${keys.read}' '${apiUrl}/v1/users/me/recommendations?limit=5'
See what a campaign did (its id: ${apiUrl}/v1/admin/campaigns):
  curl -H 'authorization: Bearer ${keys.admin}' '${apiUrl}/v1/admin/campaigns/ID/report?format=html&language=en' > report.html

Ctrl-C stops.`;

const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    let asked = 0;
    const stop = () => {
      asked += 1;
      if (asked === 1) {
        console.log('\nStopping: finishing what the queues hold');
        resolve();
      } else {
        process.exit(130);
      }
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });

run().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
