#!/usr/bin/env node
// An autopkgtest virtualisation server: `autopkgtest … -- shakedown-virt --provider qemu` (docs/autopkgtest.md).
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`shakedown-virt needs Node 22.18 or newer; this is ${process.versions.node}.`);
  process.exit(2);
}
const { existsSync } = await import('node:fs');
const built = new URL('../dist/main/virt/main.js', import.meta.url);
const source = new URL('../main/virt/main.ts', import.meta.url);
const { main } = await import(existsSync(source) ? source.href : built.href);
process.exit(await main(process.argv.slice(2)));
