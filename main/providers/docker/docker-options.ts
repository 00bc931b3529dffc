import { z } from 'zod';
import { countOrNodes, countOrNodesMessage, machineFields } from '../machine-options.ts';
import { parsedOptions } from '../parsed-options.ts';

/**
 * As engines take it (github.com/distribution/reference): no spaces, and nothing that they would take for a
 * flag.
 */
const image = z
  .string()
  .regex(
    /^[a-zA-Z0-9][\w.:/@-]*$/,
    'expected the name of an image, such as registry.example.org/team/debian:12',
  );

export const dockerOptionsSchema = z
  .strictObject({
    ...machineFields,
    /**
     * Instead of the image that is built of `os` and `packages`: one with an sshd, and with systemd or
     * without.
     */
    image: image.optional(),
    /**
     * Which of the two to use where both are there; without it Docker where its engine answers, else Podman.
     */
    engine: z.enum(['docker', 'podman']).optional(),
  })
  .refine(countOrNodes, countOrNodesMessage)
  .refine(({ image, packages }) => image === undefined || packages.length === 0, {
    message: "'packages' go into the image that we build; in one of your own they have to be already",
    path: ['packages'],
  });

/** What `docker({…})` takes. */
export type DockerOptions = z.input<typeof dockerOptionsSchema>;
export type DockerSettings = z.output<typeof dockerOptionsSchema>;

/** Containers of Docker or Podman: `docker({ count: 3 })`, or one entry in `nodes` for each. */
export const docker = (options: DockerOptions): { provider: 'docker'; options: DockerOptions } => ({
  provider: 'docker',
  options,
});

/** The options, validated, with defaults. Throws UsageError with all that is wrong. */
export const settingsOf = (options: unknown): DockerSettings =>
  parsedOptions('docker', dockerOptionsSchema, options);
