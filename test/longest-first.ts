import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take longest, the longest first: what is begun last is waited for by everybody. */
const long = [
  'cloud-image',
  'vagrant',
  'default-scenario',
  'ordinary-user',
  'interrupts',
  'nspawn',
  'docker',
  'ec2-faults',
  'qemu',
  'capabilities',
  'agent',
  'ec2',
  'bad-input',
  'script',
];

const rank = ({ moduleId }: TestSpecification): number => {
  const index = long.findIndex((name) => moduleId.includes('/e2e/') && moduleId.endsWith(`/${name}.test.ts`));
  return index < 0 ? long.length : index;
};

/** Vitest's own order goes by how long files took the last time, which nobody knows in CI. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}
