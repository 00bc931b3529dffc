#!/usr/bin/env node
// Plain JavaScript without static imports, so that an old Node gets far enough to say that it is too old.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `shakedown needs Node 22.18 or newer; this is ${process.versions.node} (${process.execPath}). Install a newer Node, or use 'npm start', which brings its own.`,
  );
  process.exit(2);
}
const { start } = await import('./start.mjs');
await start('main/cli');
