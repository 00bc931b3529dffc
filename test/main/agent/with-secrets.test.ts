import { expect, test } from 'vitest';
import type { Agent } from '../../../main/agent/agent.ts';
import { withSecrets } from '../../../main/agent/with-secrets.ts';
import { secret } from '../../../main/secrets/secret-reference.ts';
import { Secrets } from '../../../main/secrets/secrets.ts';

test('a command that is waited for has the secrets that it names in its environment, not in its words', async () => {
  const asked: unknown[] = [];
  const call = async (_: string, params: unknown) => void asked.push(params);
  const agent = withSecrets({ call } as unknown as Agent, new Secrets({ TOKEN: 'correct-horse' }));
  const command = `curl -H "X-Token: ${secret.TOKEN}" http://localhost/`;
  await agent.call('waitFor', { probe: { command }, within: 5, workingDir: '/srv' });
  await agent.call('waitFor', { probe: { tcp: 80 }, within: 5, workingDir: '/srv' });
  expect(JSON.stringify(asked[0])).toContain('"env":{"SHAKEDOWN_SECRET_TOKEN":"correct-horse"}');
  expect(JSON.stringify((asked[0] as { probe: unknown }).probe)).not.toContain('correct-horse');
  expect(asked[1]).toEqual({ probe: { tcp: 80 }, within: 5, workingDir: '/srv' });
});
