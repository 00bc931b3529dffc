import { createConsola } from 'consola';
import { InterruptedError } from '../../../common/errors.ts';
import { machineKinds, type NewScenario, usualScenario } from './new-scenario.ts';

/**
 * Asks on the terminal what the new scenario shall be. Throws InterruptedError when the person breaks it off.
 */
export async function askForScenario(): Promise<NewScenario> {
  const { name, kind, count, package: usualPackage } = usualScenario;
  const voice = createConsola({ fancy: true });
  const text = async (question: string, usual: string): Promise<string> => {
    const options = { type: 'text', default: usual, placeholder: usual, cancel: 'reject' } as const;
    return String(await voice.prompt(question, options)).trim() || usual;
  };
  try {
    return {
      name: await text('Folder of the new scenario', name),
      kind: await voice.prompt('Kind of machine', {
        type: 'select',
        options: machineKinds.map(({ kind: value, label, hint }) => ({ value, label, hint })),
        initial: kind,
        cancel: 'reject',
      }),
      count: Number(
        await fitting(/^[1-9]\d{0,3}$/, 'a whole number from 1', () => text('How many nodes', `${count}`)),
      ),
      package: await fitting(packageName, 'as in apt-get install NAME', () =>
        text('Debian package under test', usualPackage),
      ),
    };
  } catch (error) {
    if (error instanceof Error && error.name === 'ConsolaPromptCancelledError') throw new InterruptedError();
    throw error;
  }
}

/** Debian Policy, section 5.6.1. */
const packageName = /^[a-z0-9][a-z0-9+.-]+$/;

/** Asks until the answer fits. */
async function fitting(pattern: RegExp, expected: string, ask: () => Promise<string>): Promise<string> {
  for (;;) {
    const answer = await ask();
    if (pattern.test(answer)) return answer;
    process.stdout.write(`'${answer}' will not do: ${expected}\n`);
  }
}
