// Lengths of time in ms. A day is 24 hours: what follows a zone's clock asks Intl (lib/campaigns/schedule.ts).

export const dayMs = 86_400_000;
