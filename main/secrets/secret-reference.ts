/** The environment variable that has a secret's value in a command that names it. */
export const secretVariable = (name: string): string => `SHAKEDOWN_SECRET_${name}`;

/** A secret's name: of a shell's variable. */
export const isSecretName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);

/**
 * Secrets in commands of a config: `secret.TOKEN` is the text `${SHAKEDOWN_SECRET_TOKEN}`, which
 * the command's shell replaces by the value, so that this is in no command line of ours. As a
 * whole value of `env` it is the value itself.
 */
export const secret: Readonly<Record<string, string>> = new Proxy(
  {},
  { get: (_, name) => (typeof name === 'string' ? `\${${secretVariable(name)}}` : undefined) },
);

/** The names of the secrets that a text refers to. */
export const secretsIn = (text: string): readonly string[] =>
  [...text.matchAll(/\bSHAKEDOWN_SECRET_(\w+)/g)].map(([, name = '']) => name);
