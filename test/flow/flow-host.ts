// The local host of a flow test: a directory of its own, noon so that nobody has quiet hours, and keys in use.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Api, createApi } from '../../local/demo/api.ts';
import { type LocalHost, type LocalHostOptions, startHost } from '../../local/host.ts';

export interface FlowHost {
  readonly host: LocalHost;
  readonly directory: string;
  readonly admin: Api;
  readonly read: Api;
  readonly close: () => Promise<void>;
}

export const openFlowHost = async (
  options: Pick<LocalHostOptions, 'mailQuota' | 'clockIso'> = {},
): Promise<FlowHost> => {
  const directory = mkdtempSync(join(tmpdir(), 'reprise-flow-'));
  const host = await startHost({ directory, clockIso: '2026-03-10T12:00:00Z', ...options });
  // Or thirty nightly trainings would run in a campaign's window.
  host.schedules.pause();
  return {
    host,
    directory,
    admin: createApi(host.apiUrl, host.keys.admin),
    read: createApi(host.apiUrl, host.keys.read),
    close: async () => {
      await host.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
