import { z } from 'zod';
import * as field from '../config/schema/field-schemas.ts';
import { type OnMain, type OnNode, onMain, onNode } from './method.ts';
import { clean } from './operations/clean.ts';
import { exec, execOnMain } from './operations/commands.ts';
import { evidence } from './operations/evidence.ts';
import { faultMethods, healFault } from './operations/fault-methods.ts';
import { get, put, readFile } from './operations/files.ts';
import { powerOff, powerOn, reboot, restore, snapshot } from './operations/machine.ts';
import { install } from './operations/packages.ts';
import { place } from './operations/placed-files.ts';
import { kill, start, status, stop } from './operations/services.ts';
import { startTask, stopTask, taskEnded, taskStatus } from './operations/tasks.ts';
import { whileUp } from './while-up.ts';

/**
 * All that one can ask of the live cluster: checks over their wire, commands and phases ask
 * for nothing else. A new operation is a row here and its function. What is written over a
 * row is what users read in their editors.
 */
export const clusterMethods = {
  /** On the main host. */
  main: {
    /** Runs a shell command line in the scenario's folder; a non-zero exit is a result, not a throw. */
    exec: execOnMain,
  },
  /** On a node. All may run side by side. What its kind of machine cannot do throws at once. */
  node: {
    /** Runs a shell command line; a non-zero exit is a result, not a throw. Ended after 60 s unless told. */
    exec,
    /** Starts a shell command line and does not wait for it; gives its id. */
    startTask,
    /** A text file's content; throws when it cannot be read. */
    readFile,
    /**
     * Sends a file or a folder of the main host (relative to the scenario's folder) as root: into the folder
     * that is there, else under that name. Gives where it is then.
     */
    put,
    /**
     * Brings a file or a folder of any size to the main host in the same way;
     * tells what could not be brought.
     */
    get,
    /**
     * `host:port` at which the main host reaches a port of the node, whatever the node is: at its
     * address, or by its ssh where the main host has no route to that. For a client on the main host:
     * `curl http://${await node.endpoint(80)}/`.
     */
    endpoint: onNode({
      params: z.tuple([field.port]),
      whenDown: true,
      run: ({ live, node }: OnNode, [port]: [port: number]): Promise<string> =>
        live.endpoints.of(node, port, () =>
          whileUp(node, live.power, () => node.remote.connect(node.machine.address, port)),
        ),
    }),
    /**
     * Installs Debian packages (`name` or `name=version`) in one transaction, by the sources of phase
     * install, and starts the daemons that come with them; gives all that came in or changed.
     */
    install,
    /**
     * Puts a file of the node's working directory in a place outside of it, as `place` in the config does:
     * what was there comes back when the node is cleaned.
     */
    place,
    /**
     * Stops what was started on the node, puts back what was placed, and clears the working directory of all
     * but the node files that are as they were sent. Gives what could not be put back.
     */
    clean,
    /**
     * Brings home what the node has to tell at this moment, as at the end of a run, into a folder of the main
     * host (relative to the scenario's folder). Gives what could not be had.
     */
    evidence,
    /** Restarts the machine, and resolves when it can be used again; so do `powerOn` and `restore`. */
    reboot,
    /** Cuts its power, as by the plug: nothing is shut down. */
    powerOff,
    powerOn,
    /** Keeps what it is now under a name (a-z, 0-9 and hyphens); one that exists is replaced. */
    snapshot,
    /** Takes it back to that. */
    restore,
  },
  /** On a node: each fault by its name. */
  fault: faultMethods,
  /** On the cluster as a whole. */
  cluster: {
    /** An address in the nodes' network that no node has, for one that floats; another one each time. */
    freeAddress: onMain({
      params: z.tuple([]),
      run: async ({ live }: OnMain, _: []): Promise<string> => live.addresses.next(),
    }),
    healFault,
    /** What became of a task, by its id; so for those that follow. */
    taskStatus,
    taskEnded,
    stopTask,
  },
  /** On a node's service, as the config names it. */
  service: {
    /** Starts it and waits until it is ready. */
    start,
    /** Stops it and waits until it has stopped; one that does not run is left as it is. */
    stop,
    /**
     * Sends a signal (`KILL` unless told; `STOP`, `CONT`, `HUP` …) to all its processes. A unit that systemd
     * would start again stays down until `start()`, unless `kill({ restart: true })`.
     */
    kill,
    status,
  },
} as const;

export type ClusterMethods = typeof clusterMethods;
