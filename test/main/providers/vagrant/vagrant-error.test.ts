import { describe, expect, test } from 'vitest';
import { ShakedownError, UsageError } from '../../../../common/errors.ts';
import { parseLine } from '../../../../main/providers/vagrant/machine-readable.ts';
import { vagrantError } from '../../../../main/providers/vagrant/vagrant-error.ts';

/** As vagrant 2.3.4 printed them. */
const failed = (stdout: string, stderr = '') =>
  vagrantError({
    command: 'vagrant up web',
    exitCode: 1,
    lines: stdout.split('\n').flatMap((line) => parseLine(line) ?? []),
    stderr,
  });

describe('a Vagrantfile that is wrong is the user’s mistake, told in vagrant’s words', () => {
  test('a syntax error, with its place', () => {
    const error = failed(
      '',
      `Vagrant failed to initialize at a very early stage:

There is a syntax error in the following Vagrantfile. The syntax error
message is reproduced below for convenience:

/home/me/Vagrantfile:3: unterminated string meets end of file
  end
     ^
`,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(/^There is a syntax error in the following Vagrantfile/);
    expect(error.message).toContain('/home/me/Vagrantfile:3: unterminated string meets end of file');
  });

  test('an unknown name; without the line 0 that vagrant makes of a digit in the path', () => {
    const error = failed(
      '',
      `Vagrant failed to initialize at a very early stage:

There was an error loading a Vagrantfile. The file being loaded
and the error message are shown below. This is usually caused by
an invalid or undefined variable.

Path: /home/me/e2/Vagrantfile
Line number: 0
Message: undefined local variable or method \`nosuch'
`,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain("undefined local variable or method `nosuch'");
    expect(error.message).not.toContain('Line number');
  });

  test.each([
    "1,,error-exit,Vagrant::Errors::ConfigInvalid,There are errors in the configuration of this machine. Please fix\\nthe following errors and try again:\\n\\nvm:\\n* The following settings shouldn't exist: bxo",
    "1,,error-exit,Vagrant::Errors::MachineNotFound,The machine with the name 'nosuch' was not found configured for\\nthis Vagrant environment.",
  ])('%s', (line) => expect(failed(line)).toBeInstanceOf(UsageError));
});

describe('anything else that fails', () => {
  test('is told with the command, vagrant’s words, and what to do', () => {
    const error = failed(
      "1,,ui,error,x\n1,,error-exit,Vagrant::Errors::ProviderNotFound,The provider 'libvirt' could not be found%!(VAGRANT_COMMA) but was requested to\\nback the machine 'default'.",
    );
    expect(error).toBeInstanceOf(ShakedownError);
    expect(error).toMatchObject({
      details: {
        message: 'vagrant failed (ProviderNotFound)',
        command: 'vagrant up web',
        exitCode: 1,
        lastLines: [
          "The provider 'libvirt' could not be found, but was requested to",
          "back the machine 'default'.",
        ],
        hint: expect.stringContaining('vagrant plugin install'),
      },
    });
  });

  test.each([
    ['lxc-info', 'no address'],
    ['["sudo", "/usr/local/bin/vagrant-lxc-wrapper", "lxc-start", "-d"]', 'lxc-net'],
    ['["sudo", "/usr/bin/env", "lxc-create", "/scripts/lxc-template"]', 'df -h'],
  ])('with LXC says which of its commands it was: %s', (command, hint) => {
    const error = failed(
      `1,,error-exit,Vagrant::LXC::Errors::ExecuteError,There was an error executing ${command.replaceAll(',', '%!(VAGRANT_COMMA)')}\\n\\nFor more information on the failure%!(VAGRANT_COMMA) enable detailed logging by setting\\nthe environment variable VAGRANT_LOG to DEBUG.`,
    );
    expect(error).toMatchObject({
      details: {
        lastLines: [`There was an error executing ${command}`],
        hint: expect.stringContaining(hint),
      },
    });
  });

  test('without a word that we know is told by what it printed last', () =>
    expect(failed('', "boom\nbang\n\tfrom /usr/bin/vagrant:25:in `load'\n")).toMatchObject({
      details: { message: 'vagrant failed', lastLines: ['boom', 'bang'] },
    }));
});
