import { existsSync, readFileSync } from 'node:fs';

/** The version in package.json, found from the source tree and from `dist/` alike. */
export function version(): string {
  for (const place of ['../package.json', '../../package.json']) {
    const file = new URL(place, import.meta.url);
    if (!existsSync(file)) continue;
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name: string; version: string };
    if (name === 'shakedown') return version;
  }
  throw new Error('package.json of shakedown is missing');
}
