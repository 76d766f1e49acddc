// The settings that Segment's mobile and web SDKs ask for before they send (GET /v1/projects/{writeKey}/settings):
// one destination, this API, and no plan that would block or rename events.
// `apiHost` has no scheme, as in Segment's own answers: the SDKs put https:// in front and /b, /t, /i behind.

export const sdkSettings = (writeKey: string, apiUrl: string): object => ({
  integrations: {
    'Segment.io': {
      apiKey: writeKey,
      apiHost: `${apiUrl.replace(/^https?:\/\//, '')}/v1`,
      unbundledIntegrations: [],
      addBundledMetadata: true,
    },
  },
  plan: {
    track: { __default: { enabled: true, integrations: {} } },
    identify: { __default: { enabled: true } },
    group: { __default: { enabled: true } },
  },
  edgeFunction: {},
  analyticsNextEnabled: true,
  middlewareSettings: {},
  enabledMiddleware: {},
  metrics: { sampleRate: 0 },
});
