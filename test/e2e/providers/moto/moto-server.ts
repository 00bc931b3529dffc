import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { images } from './images.ts';
import { installMoto } from './install-moto.ts';

export interface MotoServer extends AsyncDisposable {
  readonly url: string;
  /** Forgets everything that was made. */
  reset(): Promise<void>;
}

/**
 * Starts moto on a free port of the loopback, with its checks of images,
 * keys and types on (docs.getmoto.org).
 */
export async function startMoto(): Promise<MotoServer> {
  const modules = await installMoto();
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-moto-'));
  const amis = join(folder, 'amis.json');
  writeFileSync(amis, JSON.stringify(images));
  const port = await freePort();
  const script = `from moto.server import main; main(['-H', '127.0.0.1', '-p', '${port}'])`;
  // With whoever started it, also when that is killed (setpriv(1)).
  const running = execa('setpriv', ['--pdeathsig', 'KILL', 'python3', '-c', script], {
    env: {
      PYTHONPATH: modules,
      PYTHONDONTWRITEBYTECODE: '1',
      MOTO_AMIS_PATH: amis,
      MOTO_ENABLE_AMI_VALIDATION: 'true',
      MOTO_ENABLE_KEYPAIR_VALIDATION: 'true',
      MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION: 'true',
    },
    reject: false,
    all: true,
    buffer: { stdout: false, stderr: false },
  });
  let printed = '';
  running.all.on('data', (chunk) => {
    printed = `${printed}${chunk}`.slice(-4000);
  });
  let ended: number | undefined;
  running.then(({ exitCode }) => {
    ended = exitCode ?? 255;
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    running.kill();
    await running;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await answers(`${url}/moto-api/`, () => ended);
  } catch (error) {
    await stop();
    throw new Error(`moto did not start: ${(error as Error).message}\n${printed}`);
  }
  return {
    url,
    reset: async () => {
      const { ok, status } = await fetch(`${url}/moto-api/reset`, { method: 'POST' });
      if (!ok) throw new Error(`moto answered ${status} to a reset`);
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function answers(url: string, exitCode: () => number | undefined): Promise<void> {
  for (let round = 0; round < 300; round++) {
    if (exitCode() !== undefined) throw new Error(`it ended with exit code ${exitCode()}`);
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // Nobody listens yet.
    }
    await sleep(200);
  }
  throw new Error('it did not answer within a minute');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
