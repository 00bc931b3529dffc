// Checks all shell of the project with shellcheck: every `.sh` file, and `.ci/run`.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const scripts = globSync('**/*.sh', { exclude: ['**/node_modules', 'dist', '**/.shakedown'] });
const { status, error } = spawnSync('shellcheck', ['.ci/run', ...scripts.sort()], { stdio: 'inherit' });
if (error) console.error(`shellcheck could not be run (${error.message}): apt-get install shellcheck`);
process.exit(status ?? 1);
