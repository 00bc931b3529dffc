/** Files that are one machine's alone, and how another one comes by its own. */
export interface Renewal {
  readonly paths: RegExp;
  /** What makes them anew; absent where the next start of what needs them does. */
  readonly command?: string;
}

/** What is known of packages that make such files as they are installed. */
const renewals: readonly Renewal[] = [
  { paths: /^\/etc\/ssh\/ssh_host_\w+_key(\.pub)?$/, command: 'ssh-keygen -A' },
  {
    paths: /^\/etc\/ssl\/(certs\/ssl-cert-snakeoil\.pem|private\/ssl-cert-snakeoil\.key)$/,
    command: 'make-ssl-cert generate-default-snakeoil --force-overwrite',
  },
  // Erlang makes one at the first start.
  { paths: /^\/var\/lib\/rabbitmq\/\.erlang\.cookie$/ },
  // dbus.conf of tmpfiles.d(5) makes it a link to the machine's own, at each boot and by this.
  { paths: /^\/var\/lib\/dbus\/machine-id$/, command: 'systemd-tmpfiles --create dbus.conf' },
  { paths: /^\/var\/lib\/systemd\/(random-seed|credential\.secret)$/ },
];

export const renewalOf = (path: string): Renewal | undefined =>
  renewals.find(({ paths }) => paths.test(path));

/** What a node has to do to make the files that its layer has not, each command once. */
export const renewalCommands = (paths: readonly string[]): readonly string[] => [
  ...new Set(paths.flatMap((path) => renewalOf(path)?.command ?? [])),
];
