import { chmodSync } from 'node:fs';
import { writeDurably } from '../files/durable-file.ts';
import type { Originals } from '../files/originals.ts';
import type { HeldBackList } from './held-back-list.ts';

const policyFile = '/usr/sbin/policy-rc.d';

/**
 * Keeps daemons from starting while packages come in, before their config is there: a policy-rc.d that
 * answers 101 (forbidden) to every start and writes down in the list's journal what was asked. invoke-rc.d
 * and deb-systemd-invoke ask it; see /usr/share/doc/init-system-helpers/README.policy-rc.d. What was there
 * before is kept in `originals`, on disk, so that also another agent can put it back.
 */
export class HeldBack {
  readonly #policy: string;
  readonly #list: HeldBackList;
  readonly #originals: Originals;

  constructor(originals: Originals, list: HeldBackList, policy: string = policyFile) {
    this.#originals = originals;
    this.#list = list;
    this.#policy = policy;
  }

  async begin(): Promise<void> {
    await this.#originals.keep(this.#policy);
    writeDurably(this.#policy, policyScript(this.#list.journal), 0o755);
    // The umask may have taken something away.
    chmodSync(this.#policy, 0o755);
  }

  /** Puts back what was there. */
  async end(): Promise<void> {
    await this.#originals.restore();
  }
}

/** The script is called as `policy-rc.d [options] <name> <actions> [<runlevel>]`. */
const policyScript = (record: string): string => `#!/bin/sh
# Put here by shakedown while packages come in; it is taken away right after.
name= actions=
for argument in "$@"; do
  case $argument in
    --list) exit 0 ;;
    --*) ;;
    *) if [ -z "$name" ]; then name=$argument; elif [ -z "$actions" ]; then actions=$argument; fi ;;
  esac
done
case $actions in
  *start*) printf '%s\\n' "$name" >> '${record.replaceAll("'", "'\\''")}'; exit 101 ;;
esac
exit 0
`;
