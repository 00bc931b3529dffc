#!/usr/bin/env node
// An autopkgtest virtualisation server: `autopkgtest … -- shakedown-virt --provider qemu` (docs/autopkgtest.md).
import { isNewEnough, runByOwnNode } from './own-node.mjs';

if (isNewEnough()) {
  const { start } = await import('./start.mjs');
  const { main } = await start('main/virt/main');
  process.exit(await main(process.argv.slice(2)));
} else {
  runByOwnNode('shakedown-virt');
}
