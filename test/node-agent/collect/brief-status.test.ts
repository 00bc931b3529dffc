import { expect, test } from 'vitest';
import { statusText } from '../../../node-agent/collect/brief-status.ts';

const etcd: Record<string, string> = {
  ...{ Id: 'etcd.service', Description: 'Key-value store', LoadState: 'loaded', UnitFileState: 'enabled' },
  ...{ FragmentPath: '/lib/systemd/system/etcd.service', StateChangeTimestamp: '1795712684500000' },
  ...{ Result: 'success', MainPID: '0', ExecMainPID: '768', ExecMainCode: '0', NRestarts: '0' },
  ...{ MemoryCurrent: '18446744073709551615', ControlGroup: '/system.slice/etcd.service', DropInPaths: '' },
};
const status = (more: Record<string, string>) => statusText((name) => ({ ...etcd, ...more })[name] ?? '');

test('of a unit that runs', () => {
  const text = status({ ActiveState: 'active', SubState: 'running', MainPID: '768', NRestarts: '2' });
  expect(text).toBe(`● etcd.service - Key-value store
     Loaded: loaded (/lib/systemd/system/etcd.service; enabled)
     Active: active (running) since 2026-11-26T17:04:44.500Z
   Main PID: 768
   Restarts: 2
     CGroup: /system.slice/etcd.service
`);
});

test('of one that has ended, and how', () => {
  const text = status({ ActiveState: 'inactive', SubState: 'dead', ExecMainCode: '2', ExecMainStatus: '15' });
  expect(text).toMatch(/^○ etcd\.service/);
  expect(text).toContain('Main PID: 768 (code=killed, status=15)');
});
