import { commands } from '../registry.ts';

/**
 * A command line with those flags of its command that take no value as cac knows them, `--onlyFailed`:
 * of `--only-failed` it does not see that, and takes the word that follows for its value.
 */
export function plainSwitches(argv: readonly string[]): readonly string[] {
  const name = argv.slice(2).find((arg) => !arg.startsWith('-'));
  const { options = [] } = commands.find((command) => command.name === name) ?? {};
  const switches = options.flatMap(([flags]) =>
    /[<[]/.test(flags) ? [] : (flags.match(/--(?!no-)[a-z]+(-[a-z]+)+/g) ?? []),
  );
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((arg, index) =>
    index < end && switches.includes(arg)
      ? arg.replace(/(?<=[a-z])-([a-z])/g, (_, letter: string) => letter.toUpperCase())
      : arg,
  );
}
