import type { CommandEntry } from '../command.ts';

export const imagesCommands: readonly CommandEntry[] = [
  {
    name: 'images',
    args: '[action] [...ids]',
    description:
      'images [list] | remove ID… | prune | why ID: the images, trees and layers that are kept for later runs',
    options: [
      [
        '--days <n>',
        'prune: those that no machine was made of for so many days (30); 0 is all that are not in use',
      ],
      ['--json', 'list: as JSON, an array of {provider, id, description, bytes, lastUsed, inUse}'],
    ],
    examples: [
      'shakedown images',
      'shakedown images remove trixie-6013ada16fd1533d',
      'shakedown images prune --days 7',
      'shakedown images why layer-708630b7564c77c8',
    ],
    load: async () => (await import('./images.ts')).imagesCommand,
  },
];
