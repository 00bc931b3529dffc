/** What a new scenario shall be. */
export interface NewScenario {
  /** Its folder, relative to the current one or absolute. */
  readonly name: string;
  /** One of `machineKinds`. */
  readonly kind: string;
  readonly count: number;
  /** A Debian package that each node gets. */
  readonly package: string;
}

/** What it is where nobody is asked, or nothing is answered: three web servers. */
export const usualScenario: NewScenario = {
  name: 'my-cluster',
  kind: 'machines',
  count: 3,
  package: 'nginx-light',
};

/** The kinds of machine that a new scenario can begin with, by the name of what its config calls. */
export const machineKinds = [
  { kind: 'machines', label: 'whichever works here', hint: "'shakedown doctor' says which" },
  { kind: 'nspawn', label: 'systemd-nspawn containers', hint: 'Linux, as root' },
  { kind: 'docker', label: 'Docker or Podman containers', hint: '' },
  { kind: 'qemu', label: 'virtual machines by QEMU', hint: '' },
] as const;

/** One file of the scenario that `shakedown init` makes. */
export interface ScaffoldFile {
  readonly path: string;
  readonly content: string;
  readonly mode?: number;
}

/** Its `main.config.ts`; `declared` are the checks beside the check files, as they are written. */
export function mainConfig({ name, kind, count }: NewScenario, declared: readonly string[]): string {
  const checks = [...declared, "'config/checks/*.check.ts'"].map((each) => `    ${each},\n`).join('');
  const imports = ['defineMain', ...(declared.length > 0 ? ['http'] : []), kind].join(', ');
  const others = "nspawn({…}), qemu({…}), ssh(['10.0.0.5', '10.0.0.6'])";
  return `import { ${imports} } from 'shakedown';

export default defineMain({
  name: ${JSON.stringify(name)},
  // Whatever works here is machines({…}); of one kind: ${others}
  nodes: ${kind}({ count: ${count} }),
  checks: [
${checks}  ],
  // Anything else is a variable for templates: <{ main_config.greeting }>
  greeting: 'Hello',
});
`;
}
