import type { Option } from '../command.ts';
import { distributeCommands } from '../distribute/entries.ts';

/** What is of the one who calls `shakedown distribute`: a worker does that. */
const ofCaller = ['key', 'sent', 'json', 'quiet'];

/** A flag that goes on to a worker: `local-runners`, and as it is found among a command's options. */
export interface DistributeFlag {
  readonly name: string;
  readonly key: string;
  readonly takesValue: boolean;
  readonly option: Option;
}

/** The flags of `shakedown distribute` that a job takes along. */
export const distributeFlags: readonly DistributeFlag[] = distributeCommands
  .flatMap(({ options }) => options)
  .flatMap((option) => {
    const [flags] = option;
    const [, name = ''] = /--([a-z-]+)/.exec(flags) ?? [];
    const key = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return ofCaller.includes(name) ? [] : [{ name, key, takesValue: flags.includes('<'), option }];
  });
