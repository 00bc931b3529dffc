import type { CommandEntry } from '../command.ts';

export const hostCommands: readonly CommandEntry[] = [
  {
    name: 'reap',
    args: '',
    description: 'Take away what killed runs of this folder left behind; what is in use or was kept stays',
    options: [
      ['--all', 'What was made from other folders of this main host, too'],
      ['--kept', 'Kept machines, too'],
      ['--provider <kind>', 'Only machines of this kind'],
    ],
    load: async () => (await import('./reap.ts')).reapCommand,
  },
  {
    name: 'doctor',
    args: '',
    description: 'Check this machine, and say how to mend what is missing',
    options: [['--json', 'As JSON']],
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
];
