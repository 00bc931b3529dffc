import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { AgentState } from '../../../../node-agent/agent-state.ts';
import { HeldBackList } from '../../../../node-agent/packages/held-back-list.ts';
import { startHeldBack } from '../../../../node-agent/services/units/held-back-units.ts';
import { UnitRecord } from '../../../../node-agent/services/units/unit-record.ts';
import { temporaryFolder, writeFiles } from '../../temporary.ts';

/**
 * Keeps its books in a folder: a file for each unit with what is-enabled
 * says, `up` for those that run, `calls`.
 */
const systemctl = `#!/bin/sh
verb= unit=
for argument; do case $argument in -*) ;; show|is-enabled|start|stop|daemon-reload) verb=$argument ;; *) unit=$argument ;; esac; done
enabled=$(cat "$BOOKS/units/$unit" 2>/dev/null)
case $verb in
  show)
    load=loaded; [ -n "$enabled" ] || load=not-found; [ "$enabled" = masked ] && load=masked
    active=inactive; grep -qx "$unit" "$BOOKS/up" && active=active
    printf 'Id=%s.service\\nLoadState=%s\\nActiveState=%s\\n' "$unit" "$load" "$active" ;;
  is-enabled) echo "$enabled"; [ "$enabled" != disabled ] ;;
  start) echo "start $unit" >> "$BOOKS/calls"; echo "$unit" >> "$BOOKS/up"; [ "$enabled" != broken ] ;;
  stop) echo "stop $unit" >> "$BOOKS/calls"; sed -i "/^$unit$/d" "$BOOKS/up" ;;
esac
`;

function fakeNode(units: Readonly<Record<string, string>>) {
  const books = temporaryFolder();
  writeFiles(books, { 'bin/systemctl': systemctl }, 0o755);
  writeFiles(books, { up: '', calls: '' });
  const say = (enabled: Readonly<Record<string, string>>) => writeFiles(join(books, 'units'), enabled);
  say(units);
  const path = process.env.PATH;
  Object.assign(process.env, { PATH: `${books}/bin:${path}`, BOOKS: books });
  onTestFinished(() => void Object.assign(process.env, { PATH: path }));
  const state = new AgentState(join(books, 'state'));
  const told: string[] = [];
  const { signal } = new AbortController();
  return {
    told,
    say,
    list: () => new HeldBackList(state),
    /** As an agent of another run would. */
    start: (...except: string[]) => {
      const context = { list: new HeldBackList(state), record: new UnitRecord(state), signal };
      return startHeldBack(except, { ...context, log: (line) => void told.push(line) });
    },
    stopAll: () => new UnitRecord(state).stopAll(),
    calls: () => readFileSync(join(books, 'calls'), 'utf8').trim().split('\n'),
  };
}

test('what may start by itself is started once, and waits again when it was stopped', async () => {
  const units = ['enabled', 'static', 'alias', 'indirect', 'generated'];
  const node = fakeNode(Object.fromEntries(units.map((unit) => [unit, unit])));
  node.list().add(units);
  expect(await node.start()).toEqual(units);
  expect(node.list().all()).toEqual([]);
  expect(await node.start()).toEqual([]);
  await node.stopAll();
  expect(node.list().all()).toEqual(units);
  expect(await node.start()).toEqual(units);
});

test('what was disabled or masked since is told, not started, and waits until it is enabled', async () => {
  const node = fakeNode({ web: 'disabled', db: 'masked', cache: 'masked-runtime' });
  node.list().add(['web', 'db', 'cache']);
  expect(await node.start()).toEqual([]);
  expect(node.calls()).toEqual(['']);
  expect(node.told).toEqual([
    "unit 'web', which its package would have started, is disabled and was not started",
    "unit 'db', which its package would have started, is masked and was not started",
    "unit 'cache', which its package would have started, is masked and was not started",
  ]);
  node.say({ web: 'enabled' });
  expect(await node.start()).toEqual(['web']);
  expect(node.list().all()).toEqual(['db', 'cache']);
});

test('units of services stay for their services; those that exist no longer are forgotten', async () => {
  const node = fakeNode({ web: 'enabled', db: 'enabled' });
  node.list().add(['web', 'gone', 'db']);
  expect(await node.start('db.service')).toEqual(['web']);
  expect(node.list().all()).toEqual(['db']);
});

test('one that does not start fails, and is held back for the next run with those after it', async () => {
  const node = fakeNode({ web: 'broken', db: 'enabled' });
  node.list().add(['web', 'db']);
  await expect(node.start()).rejects.toThrow(
    "unit 'web', which its package would have started, could not be started",
  );
  expect(node.list().all()).toEqual(['web', 'db']);
});
