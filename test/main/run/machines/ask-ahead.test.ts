import { expect, test } from 'vitest';
import type { CanAskAhead } from '../../../../main/providers/capabilities.ts';
import type { Provider } from '../../../../main/providers/provider.ts';
import { askAhead, wantedMachines } from '../../../../main/run/machines/wanted-machines.ts';
import { scenarioOf } from '../../config/scenario-folder.ts';

const provider = {
  name: 'ssh',
  makes: false,
  probe: async () => ({ ok: true }),
  preview: async () => [],
  create: () => Promise.reject(new Error('nobody asks for machines yet')),
  list: async () => [],
  destroy: async () => undefined,
} satisfies Provider;

const scenario = () => scenarioOf({ nodes: "ssh(['db1'])" }).load();

test('a provider that asks others of its machines does so before the run begins, about those that it will want', async () => {
  const [wanted, asked] = [await scenario(), [] as unknown[]];
  const asking: Provider & CanAskAhead = { ...provider, askAhead: (spec) => void asked.push(spec) };
  await askAhead(wanted, async () => asking);
  expect(asked).toEqual([wantedMachines(wanted)]);
});

test('what goes wrong there is told by the run itself', async () => {
  const askAheadFails = () => {
    throw new Error('ssh: there is no machine');
  };
  const failing: Provider & CanAskAhead = { ...provider, askAhead: askAheadFails };
  await expect(askAhead(await scenario(), async () => failing)).resolves.toBeUndefined();
  await expect(askAhead(await scenario(), () => Promise.reject(new Error('none')))).resolves.toBeUndefined();
});
