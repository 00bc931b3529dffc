/** What a scenario's config files, and programs that use clusters or scripts, import as `shakedown`. */

export type { AptSource } from '../common/protocol/installation.ts';
export type { Probe } from '../common/ready.ts';
export { command, http, tcp } from './config/declare-checks.ts';
export {
  defineMain,
  defineNode,
  type MainConfig,
  type NodeConfigInput,
  type NodeFunction,
  type PerNode,
  type ProviderChoice,
  type SetupStepInput,
} from './config/define.ts';
export type {
  After,
  NodeConfig,
  NodeTarget,
  PlaceConfig,
  ServiceConfig,
  SetupStep,
  WaitFor,
} from './config/node/node-config.ts';
export type { CheckTarget, DeclaredCheck, NodeFacts, Timeouts } from './config/scenario.ts';
export {
  type DistributeBuild,
  type DistributeConfig,
  type DistributeHooks,
  type DistributeNode,
  defineDistribution,
} from './distribute/config/distribute-config.ts';
export { JobsApi } from './jobs/client/jobs-api.ts';
export { RecipesApi } from './jobs/client/recipes-api.ts';
export { WorkersApi } from './jobs/client/workers-api.ts';
export { type JobContext, JobResult, type WorkerJob } from './jobs/worker/job-context.ts';
export { Worker } from './jobs/worker/worker.ts';
export type { WorkerOptions } from './jobs/worker/worker-options.ts';
export { type DockerOptions, docker } from './providers/docker/docker-options.ts';
export { type Ec2Options, ec2 } from './providers/ec2/ec2-options.ts';
export { type MachineOptions, machines } from './providers/machine-options.ts';
export { mixed } from './providers/mixed/mixed-options.ts';
export { type NspawnOptions, nspawn } from './providers/nspawn/nspawn-options.ts';
export { type QemuOptions, qemu } from './providers/qemu/qemu-options.ts';
export { type SshOptions, ssh } from './providers/ssh/ssh-options.ts';
export type { SshHost } from './providers/ssh/ssh-settings.ts';
export { type VagrantOptions, vagrant } from './providers/vagrant/vagrant-options.ts';
export { openCluster } from './run/embedded/open-cluster.ts';
export type { OpenCluster, OpenClusterOptions } from './run/embedded/open-cluster-options.ts';
export type { TestHooks } from './run/embedded/test-hooks.ts';
export type {
  ScriptDurations,
  ScriptMachineFacts,
  ScriptOutcome,
  ScriptResult,
  ScriptRun,
} from './script/output/script-result.ts';
export { runScript, runScriptOnEach } from './script/script.ts';
export type { ScriptMachine, ScriptOptions, TerminalPair } from './script/script-options.ts';
export { secret } from './secrets/secret-reference.ts';
