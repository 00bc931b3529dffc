#!/usr/bin/env node
// Plain JavaScript without imports, so that an old Node gets far enough to say that it is too old.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `shakedown needs Node 22.18 or newer; this is ${process.versions.node} (${process.execPath}). Install a newer Node, or use 'npm start', which brings its own.`,
  );
  process.exit(2);
}
const { existsSync } = await import('node:fs');
const built = new URL('../dist/main/cli.js', import.meta.url);
const source = new URL('../main/cli.ts', import.meta.url);
await import(existsSync(source) ? source.href : built.href);
