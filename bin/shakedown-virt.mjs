#!/usr/bin/env node
// An autopkgtest virtualisation server: `autopkgtest … -- shakedown-virt --provider qemu` (docs/autopkgtest.md).
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`shakedown-virt needs Node 22.18 or newer; this is ${process.versions.node}.`);
  process.exit(2);
}
const { start } = await import('./start.mjs');
const { main } = await start('main/virt/main');
process.exit(await main(process.argv.slice(2)));
