// What it costs to start: CPU time (user and system) of the whole process, beside that of a Node that does nothing,
// measured in turns: `node bench/startup.mjs [runs]`. Prints means in ms, and the ratio to bare Node.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const runs = Number(process.argv[2] ?? 20);
const program = join(import.meta.dirname, '../bin/shakedown.mjs');
const directory = mkdtempSync(join(tmpdir(), 'bench-startup-'));

function scenario(name, main) {
  const config = join(directory, name, 'config');
  mkdirSync(config, { recursive: true });
  writeFileSync(
    join(config, 'main.config.ts'),
    `import { nspawn } from 'shakedown';\nexport default ${main};\n`,
  );
  writeFileSync(join(config, 'node.config.ts'), "export default { packages: ['curl'] };\n");
  return name;
}

const [good, wrong] = [
  scenario('good', '{ nodes: nspawn({ count: 2 }) }'),
  scenario('wrong', '{ nodes: nspawn({ cuont: 2 }) }'),
];
const lines = [
  ['node -e 0', ['-e', '0']],
  ['--version', [program, '--version']],
  ['--help', [program, '--help']],
  ['runs list', [program, 'runs', 'list']],
  ['config', [program, 'config', good]],
  ['a mistake in the config', [program, 'run', wrong]],
];

/** ms of CPU that the children of this process have had; the kernel counts them in hundredths of a second. */
function childrensTime() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

try {
  const sums = lines.map(() => 0);
  // The first round fills the compile cache, and is not counted.
  for (let round = 0; round <= runs; round++) {
    for (const [index, [, args]] of lines.entries()) {
      const before = childrensTime();
      spawnSync(process.execPath, args, { cwd: directory, stdio: 'ignore' });
      if (round > 0) sums[index] += childrensTime() - before;
    }
  }
  for (const [index, [name]] of lines.entries()) {
    const mean = (sums[index] / runs).toFixed(0);
    console.log(`${name.padEnd(24)} ${mean.padStart(5)} ms  ${(sums[index] / sums[0]).toFixed(1)} x`);
  }
} finally {
  rmSync(directory, { recursive: true });
}
