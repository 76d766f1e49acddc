// SecretStore in memory: fixed secrets, so that tests are repeatable. Never use these values anywhere else.

import type { SecretStore, WorkspaceSecrets } from '../../lib/ports.ts';

const fixed: WorkspaceSecrets = { holdoutSalt: 'test-holdout-salt', linkSecret: '00'.repeat(32) };

export const fakeSecretStore = (secrets: WorkspaceSecrets = fixed): SecretStore => ({
  secrets: async () => secrets,
  made: async () => secrets,
});
