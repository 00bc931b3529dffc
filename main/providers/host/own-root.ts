import { spawnSync } from 'node:child_process';
import { type runAsRoot, runScript, type ScriptOptions } from './root-script.ts';

let answer: boolean | undefined;

/** Whether we are root or can be, by sudo without a password. Asked once. */
export function rootCanBeHad(): boolean {
  answer ??= process.getuid?.() === 0 || spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return answer;
}

/**
 * The words before a command that make it root of a user namespace, in which the user's own range of ids is
 * that of all accounts (user_namespaces(7), subuid(5)). What it makes on the disk is the user's.
 */
export const inUserNamespace = ['unshare', '--user', '--map-root-user', '--map-auto'] as const;

/**
 * Runs a script as root, or for a user who cannot be that as root of a user namespace: for what needs
 * several owners of files, and mounts, but neither this machine's network nor its cgroups. Otherwise as
 * `runAsRoot`.
 */
export const runAsOwnRoot: typeof runAsRoot = (script: string, options: ScriptOptions) =>
  runScript(
    process.getuid?.() === 0 ? [] : rootCanBeHad() ? ['sudo', '-n'] : inUserNamespace,
    script,
    options,
  );

/**
 * Runs a script as root, or for a user who cannot be that as it is: on what such a user has made for itself.
 */
export const runAsOwner: typeof runAsRoot = (script: string, options: ScriptOptions) =>
  runScript(process.getuid?.() !== 0 && rootCanBeHad() ? ['sudo', '-n'] : [], script, options);
