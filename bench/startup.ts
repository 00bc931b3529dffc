// What it costs to start: CPU time (user and system) of the whole process, beside that of a Node that does
// nothing, measured in turns: `node bench/startup.ts [runs]`. Prints means in ms, and the ratio to bare Node.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrensTime } from './measure/childrens-time.ts';
import { program } from './measure/package-program.ts';
import { tellRatio } from './measure/tell-ratio.ts';

const runs = Number(process.argv[2] ?? 20);
const directory = mkdtempSync(join(tmpdir(), 'bench-startup-'));

function scenario(name: string, main: string): string {
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
const lines: { readonly name: string; readonly args: readonly string[] }[] = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: '--version', args: [program, '--version'] },
  { name: '--help', args: [program, '--help'] },
  { name: 'runs list', args: [program, 'runs', 'list'] },
  { name: 'config', args: [program, 'config', good] },
  { name: 'a mistake in the config', args: [program, 'run', wrong] },
];

try {
  const measured = lines.map((line) => ({ ...line, sum: 0 }));
  // The first round fills the compile cache, and is not counted.
  for (let round = 0; round <= runs; round++) {
    for (const line of measured) {
      const before = childrensTime();
      spawnSync(process.execPath, line.args, { cwd: directory, stdio: 'ignore' });
      if (round > 0) line.sum += childrensTime() - before;
    }
  }
  const bare = measured[0]?.sum ?? Number.NaN;
  for (const { name, sum } of measured) {
    const mean = (sum / runs).toFixed(0);
    if (sum !== bare) tellRatio(`${name} to bare Node, CPU`, sum / bare);
    console.log(`${name.padEnd(24)} ${mean.padStart(5)} ms  ${(sum / bare).toFixed(1)} x`);
  }
} finally {
  rmSync(directory, { recursive: true });
}
