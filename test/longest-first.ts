import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Those that take 20 s and more in CI, the longest first: what is begun last is waited for by everybody. CI's
 * log tells how long each took.
 */
const long = [
  ...['e2e/ledger', 'e2e/providers/cloud-image', 'e2e/providers/vagrant', 'e2e/ordinary-user'],
  ...['e2e/default-scenario', 'e2e/faults/interrupts', 'e2e/providers/nspawn', 'e2e/providers/docker'],
  ...['e2e/providers/ec2-faults', 'e2e/providers/qemu', 'e2e/providers/capabilities'],
  ...['e2e/scripts/distribute', 'e2e/daemons', 'e2e/scripts/virt', 'e2e/faults/lost-nodes'],
  ...['e2e/jobs/distribute', 'e2e/scripts/test-runners', 'e2e/agent', 'e2e/providers/ec2', 'e2e/bad-input'],
  ...['e2e/scripts/script', 'e2e/nodes/kept-machines', 'e2e/jobs/builds', 'e2e/faults/faults'],
  ...['e2e/jobs/jobs'],
  ...['main/jobs/pages/chromium', 'main/jobs/lost-workers', 'main/jobs/databases/full-disk'],
  ...['main/agent/lying-agent', 'main/providers/ssh/openssh', 'main/script/run-script'],
  ...['main/jobs/builds', 'main/jobs/worker/job-groups'],
  ...['main/run/silent-agent', 'main/agent/talkative-shell', 'main/jobs/databases/killed-server'],
].map((name) => `/test/${name}.test.ts`);

const rank = ({ moduleId }: TestSpecification): number => {
  const index = long.findIndex((name) => moduleId.endsWith(name));
  return index < 0 ? long.length : index;
};

/** Vitest's own order goes by how long files took the last time, which nobody knows in CI. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}
