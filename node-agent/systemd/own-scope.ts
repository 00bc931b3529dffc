import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownControlGroup } from '../../common/processes/control-group.ts';
import { withTimeLimit } from '../../common/time-limit.ts';
import { Bus } from './bus.ts';
import { manager } from './systemd.ts';

/** Seconds for systemd to move a process. */
const within = 10;

/**
 * Has the systemd of who runs this (`user@.service`) take this process out of the session of its login into a
 * scope whose control groups are that user's (`Delegate=`), and makes room there for groups with a limit of
 * memory: no root is needed for it. False where that systemd is not there, or refuses.
 */
export async function moveToOwnScope(env = process.env): Promise<boolean> {
  const folder = env.XDG_RUNTIME_DIR ?? `/run/user/${process.getuid?.()}`;
  const unit = `shakedown-agent-${process.pid}.scope`;
  const properties = [
    ['PIDs', { signature: 'au', value: [process.pid] }],
    ['Delegate', { signature: 'b', value: true }],
  ] as const;
  try {
    return await withTimeLimit({ what: 'to be moved into a scope', seconds: within }, async (signal) => {
      const bus = await Bus.open(join(folder, 'systemd/private'));
      await bus.call({
        ...{ ...manager, member: 'StartTransientUnit', signature: 'ssa(sv)a(sa(sv))' },
        args: [unit, 'fail', properties, []],
      });
      // Its job does the rest.
      let scope = ownControlGroup();
      for (; !scope?.directory.endsWith(`/${unit}`); scope = ownControlGroup())
        await sleep(20, undefined, { signal });
      // Only a group without processes of its own hands controllers on (cgroups(7)).
      const inner = scope.make('agent');
      return inner?.set('cgroup.procs', '0') === true && scope.set('cgroup.subtree_control', '+memory');
    });
  } catch {
    // Memory is measured then, which needs nothing.
    return false;
  }
}
