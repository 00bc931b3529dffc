import { join } from 'node:path';
import { write } from '../../harness.ts';

const control = `Tests: changes-everything
Restrictions: needs-root, isolation-container, breaks-testbed
Depends:

Tests: finds-nothing-of-it
Restrictions: needs-root
Depends:

Tests: sees-a-user
Depends:

Tests: needs-a-machine
Restrictions: isolation-machine
Depends:

Tests: restarts
Restrictions: needs-root, isolation-container, needs-reboot
Depends:

Tests: fails
Depends:
`;

const tests: Readonly<Record<string, string>> = {
  'changes-everything': `set -e
test "$(id -u)" = 0
test "$(systemctl is-system-running)" = running
echo mine > /etc/mark; rm /usr/bin/factor; mkdir "$AUTOPKGTEST_ARTIFACTS/sub"
echo 'from the machine' > "$AUTOPKGTEST_ARTIFACTS/sub/artifact"
printf '[Service]\\nExecStart=/bin/sleep 1000\\n' > /etc/systemd/system/mine.service
systemctl start mine.service
echo changed
`,
  'finds-nothing-of-it': `test ! -e /etc/mark && test -x /usr/bin/factor && ! systemctl is-active --quiet mine && echo reverted
`,
  'sees-a-user': `test "$(id -u)" != 0 && test -w "$AUTOPKGTEST_TMP" && echo "as $(id -un)"
`,
  'needs-a-machine': `uname -r
`,
  // README.package-tests, "Reboot during a test".
  restarts: `echo "boot \${AUTOPKGTEST_REBOOT_MARK:-none} $(cat "$AUTOPKGTEST_TMP/mark" /etc/kept 2>/dev/null)"
case "$AUTOPKGTEST_REBOOT_MARK" in
  '') echo one > "$AUTOPKGTEST_TMP/mark"; echo kept > /etc/kept; sync; /tmp/autopkgtest-reboot first ;;
  first) /tmp/autopkgtest-reboot-prepare second; reboot >/dev/null 2>&1; sleep 600 ;;
esac
`,
  fails: `echo 'as it should'; exit 3
`,
};

/** A package whose tests ask of the machine what real ones ask; one of them fails. */
export function ownPackage(directory: string): string {
  const folder = join(directory, 'own');
  write(folder, 'debian/tests/control', control);
  for (const [name, text] of Object.entries(tests))
    write(folder, `debian/tests/${name}`, `#!/bin/sh\n${text}`);
  return folder;
}
