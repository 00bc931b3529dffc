import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { Turns } from '../turns.ts';

/** What OWASP's cheat sheet on the storage of passwords asks of scrypt, in the variant that takes 32 MiB. */
const cost = { N: 2 ** 15, r: 8, p: 3 };

/** Two at once: whoever tries many passwords does not take the server's memory and processors. */
const turns = new Turns(2);

/** A password as it is kept: `scrypt$N$r$p$salt$key`, the last two in base64url. */
export async function hashedPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  const { N, r, p } = cost;
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Whether a password is the one that was kept. With none kept it takes as long and says no. */
export async function isPassword(password: string, kept: string | undefined): Promise<boolean> {
  const [, N, r, p, salt = '', key = ''] = (kept ?? `scrypt$${cost.N}$${cost.r}$${cost.p}$$`).split('$');
  const found = await derive(password, Buffer.from(salt, 'base64url'), {
    ...{ N: Number(N), r: Number(r), p: Number(p) },
  });
  const wanted = Buffer.from(key, 'base64url');
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}

const derive = (password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> =>
  turns.take(
    () =>
      new Promise((resolve, reject) => {
        // One password, however its accents were typed.
        const text = password.normalize('NFKC');
        scrypt(text, salt, 32, { ...options, maxmem: 64 * 2 ** 20 }, (error, key) =>
          error ? reject(error) : resolve(key),
        );
      }),
  );
