// The version of Reprise, as package.json has it; manifests keep it beside what was trained by it.

export const softwareVersion = '0.1.0';
