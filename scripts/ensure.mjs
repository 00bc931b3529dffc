// Installs what `npm start` or `npm test` needs and is missing; with nothing to do it costs milliseconds.
// Plain JavaScript with Node's own modules only: it runs on the machine's Node, before anything is installed.
import { ensureDebianPackages } from './ensure/debian-packages.mjs';
import { ensureNativeCrypto, ensureNpmPackages } from './ensure/npm-packages.mjs';
import { root, StepError, tell } from './ensure/steps.mjs';
import { whyNotWritten } from './ensure/why-failed.mjs';

const purpose = process.argv[2] === 'test' ? 'test' : 'start';

// Neither needs the other; both are told of when both fail.
const ended = await Promise.allSettled([
  ensureNpmPackages().then(ensureNativeCrypto),
  ensureDebianPackages(purpose),
]);
for (const { reason } of ended.filter(({ status }) => status === 'rejected')) {
  const message = reason instanceof StepError ? reason.message : whyNotWritten(reason, root);
  if (message === undefined) throw reason;
  tell(message);
  process.exitCode = 3;
}
