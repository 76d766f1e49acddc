// Workflows in memory: keeps what was started; a second start of the same name changes nothing.

import type { ExperimentWorkflow } from '../../lib/experiments/experiment-workflow.ts';
import type { ReportWorkflow, Workflows } from '../../lib/ports.ts';

export const fakeWorkflows = () => {
  const trainings = new Map<string, Parameters<Workflows['startTraining']>[1]>();
  const campaigns = new Map<string, Parameters<Workflows['startCampaign']>[1]>();
  const reports = new Map<string, Parameters<ReportWorkflow['startReport']>[1]>();
  const holdouts = new Set<string>();
  const experiments = new Map<string, Parameters<ExperimentWorkflow['startExperiment']>[1]>();
  const workflows: Workflows & ReportWorkflow & ExperimentWorkflow = {
    startTraining: async (name, input) => {
      if (!trainings.has(name)) trainings.set(name, input);
    },
    startCampaign: async (name, input) => {
      if (!campaigns.has(name)) campaigns.set(name, input);
    },
    startReport: async (name, input) => {
      if (!reports.has(name)) reports.set(name, input);
    },
    startHoldout: async (name) => {
      holdouts.add(name);
    },
    startExperiment: async (name, input) => {
      if (!experiments.has(name)) experiments.set(name, input);
    },
  };
  return { ...workflows, trainings, campaigns, reports, experiments, holdouts };
};
