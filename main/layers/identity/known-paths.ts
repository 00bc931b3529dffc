/**
 * Files that installations leave and that are no machine's own, as extended regular expressions (regex(7)) of
 * their paths: dpkg's and apt's state, what was logged, what is only a cache of something else, accounts
 * (whose numbers follow from the order in which packages came), and what the agent and the main host wrote.
 */
export const knownPaths: readonly string[] = [
  '^/var/(lib/(dpkg|apt|ucf|systemd/(deb-systemd-helper-|catalog)|pam)|cache|log|backups)/?',
  '^/var/lib/(shakedown|python|xml-core|sgml-base|emacsen-common|polkit-1|misc|aspell|ispell|dictionaries-common)/',
  '^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$',
  '^/etc/(\\.pwd\\.lock|ld\\.so\\.cache|mailcap|shells|environment|ca-certificates\\.conf|inittab)$',
  '^/etc/(rc[0-9S]\\.d|alternatives|apt|ssl/certs/java|systemd/(system|user))/',
  '^/etc/ssl/certs/ca-certificates\\.crt$',
  '^/usr/sbin/policy-rc\\.d$',
  '\\.(pyc|dpkg-(old|dist|new)|ucf-(old|dist))$',
  '^/usr/share/(mime|info|applications|icons|fonts|glib-2\\.0|perl5|vim)/',
  '^/usr/lib/[^/]*/(gdk-pixbuf-2\\.0|gio/modules|gtk-[234]\\.0)/',
  '^/usr/lib/jvm/[^/]*/lib/server/classes.*\\.jsa$',
  '^/usr/lib/locale/locale-archive$',
  '^/boot/|^/var/lib/initramfs-tools/',
];
