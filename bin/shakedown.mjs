#!/usr/bin/env node
import { isNewEnough, runByOwnNode } from './own-node.mjs';

if (isNewEnough()) {
  const { start } = await import('./start.mjs');
  await start('main/cli');
} else {
  runByOwnNode('shakedown');
}
