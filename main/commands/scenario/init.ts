import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Command } from '../command.ts';
import { type NewScenario, usualScenario } from './new-scenario.ts';
import { refuseUnlessEmpty } from './refuse-unless-empty.ts';
import { scaffold } from './scaffold.ts';

/** Asks the person at the terminal. */
const askAtTerminal = async (): Promise<NewScenario> =>
  (await import('./ask-for-scenario.ts')).askForScenario();

export const initCommandOf =
  (ask: typeof askAtTerminal): Command =>
  async ([folder], _options, { cwd, env, stdin, stdout }) => {
    const asked = folder === undefined && stdin.isTTY === true && stdout.isTTY === true && !env.CI;
    const scenario = asked ? await ask() : { ...usualScenario, name: folder ?? usualScenario.name };
    const directory = resolve(cwd, scenario.name);
    await refuseUnlessEmpty(directory, 'give a new folder');
    for (const { path, content, mode } of scaffold({ ...scenario, name: basename(directory) })) {
      const file = join(directory, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content, { flag: 'wx' });
      if (mode !== undefined) await chmod(file, mode);
    }
    stdout.write(whatComesNext(scenario, relative(cwd, directory) || '.'));
    return 0;
  };

export const initCommand = initCommandOf(askAtTerminal);

const whatComesNext = ({ count, package: name }: NewScenario, place: string): string =>
  [
    `A scenario of ${count} ${count === 1 ? 'node' : 'nodes'} with ${name} is in ${place}:`,
    '  config/main.config.ts   the machines and the checks',
    '  config/node.config.ts   what each node installs, starts and sends home',
    '  config/checks/          tests of the whole cluster',
    '  node_files/             what is sent to each node; .tmpl files are rendered',
    '',
    'Next:',
    ...(place === '.' ? [] : [`  cd ${place}`]),
    '  shakedown render        see what each node would get',
    '  shakedown run           run it',
    '',
  ].join('\n');
