import { readPackages } from '../packages/status-file.ts';

/**
 * Name (with the architecture where several can be there), version and state of each package that dpkg knows,
 * by name.
 */
export const listPackages = (): string =>
  readPackages()
    .filter(({ version }) => version !== '')
    .sort((one, other) => (one.name < other.name ? -1 : Number(one.name > other.name)))
    .map(({ name, architecture, version, status, broken, multiArch }) => {
      const suffix = multiArch ? `:${architecture}` : '';
      return `${name}${suffix}\t${version}\t${status}${broken ? 'R' : ' '}\n`;
    })
    .join('');
