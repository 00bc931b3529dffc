import type { FailureDetails } from '../../../../common/errors.ts';

type Explanation = Partial<FailureDetails>;

/** What engines say, in words and with what to do about it; the first that fits. */
const known: readonly (readonly [pattern: RegExp, explain: (found: RegExpExecArray) => Explanation])[] = [
  [
    /permission denied while trying to connect to the (?:Docker daemon socket|docker API) at (?:unix:\/\/)?([^\s:]+)/i,
    ([, socket = '']) => ({
      message: `this user may not use Docker's socket${socket === '' ? '' : ` ${socket}`}`,
      hint: 'sudo usermod -aG docker "$USER", then log in anew; Podman needs no such right',
    }),
  ],
  [
    /Cannot connect to the Docker daemon at (\S+?)\. |failed to connect to the docker API at (\S+?);/,
    ([, socket, other = '']) => ({
      message: `no Docker engine answers at ${socket ?? other}`,
      hint: 'sudo systemctl start docker, or correct DOCKER_HOST',
    }),
  ],
  [
    /^node (\d+) stopped as soon as it was started$/m,
    ([, node = '']) => ({
      message: `node ${node} stopped as soon as it was started`,
      hint: "its console, above, says why; an 'image' of your own needs an sshd, with a systemd or without",
    }),
  ],
  [
    /no space left on device/i,
    () => ({
      message: 'there is no space left for images and containers',
      hint: "make room where the engine keeps them; 'shakedown images' shows what is cached",
    }),
  ],
  [
    /storage-opt is supported only|storage option overlay\.size .*only supported for/i,
    () => ({
      message: 'this engine cannot limit the disk of a container',
      hint: "leave 'disk' out; it takes a storage on xfs with project quotas (pquota), or on btrfs or zfs",
    }),
  ],
  [
    /cannot allocate memory|not enough memory|out of memory/i,
    () => ({
      message: 'there is no memory for one more container',
      hint: 'ask for fewer or smaller machines, or end others',
    }),
  ],
  [
    /\/dev\/net\/tun\\?"?\)?: (?:Permission denied|No such file)/i,
    () => ({
      message: 'this user may not use /dev/net/tun, which networks without root are made with',
      hint: 'sudo chmod 666 /dev/net/tun (what udev does where it runs)',
    }),
  ],
];

/** What an engine's stderr means here; nothing for words that are not known. */
export function explainEngine(stderr: string): Explanation {
  for (const [pattern, explain] of known) {
    const found = pattern.exec(stderr);
    if (found) return explain(found);
  }
  return {};
}
