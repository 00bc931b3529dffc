/** The numbers of system calls that differ between processors: setsid, dup3, chdir, execve (syscalls(2)). */
const numbers: Readonly<Record<string, readonly number[]>> = {
  x64: [112, 292, 80, 59],
  arm64: [157, 24, 49, 221],
};

/** Undefined where the processor's system calls are not known. */
export const starterProgram = (arch: string = process.arch): string | undefined =>
  numbers[arch] && `my ($setsid, $dup3, $chdir, $execve) = (${numbers[arch].join(', ')});${program}`;

/**
 * What starts tasks, for perl, which is in an essential package: `StarterProcess` says what it hears and
 * answers. It is a process of little memory, so that the kernel makes another one of it in a tenth of the
 * time that it takes with Node's; and it can make one in a control group (clone3(2)), where one that joins it
 * is held up until all other processes have been told. What the new process does until it is the task is
 * system calls alone: each page that it touches the kernel has to copy or to find.
 */
const program = `
use strict;
my (%life, %kept);
my ($clone3, $pidfd_open, $no_hang) = (435, 434, 1);
open(my $nothing, '<', '/dev/null');

sub refuse { syswrite(STDERR, "$_[0]\\n"); exit 127; }

# The file of a program that is named without a folder.
sub file_of {
  my ($program, $env) = @_;
  return $program if $program =~ m{/};
  my ($path) = map { /^PATH=(.*)/s } @$env;
  for my $folder (split(/:/, $path)) { return "$folder/$program" if -f "$folder/$program" && -x _; }
  return "/nowhere/$program";
}

# Three pipes and a process; this end of them is kept open until the agent has it.
sub start {
  my ($folder, $cwd, $input, $count, @env) = @_;
  my @argv = splice(@env, 0, $count);
  my ($in, $near) = ($nothing);
  !$input || pipe($in, $near) or return "failed $!";
  pipe(my $out, my $to_out) && pipe(my $error, my $to_error) or return "failed $!";
  # A task need not be root's, and may open them again by their names.
  chmod(0666, $out, $error, $near || ());
  my $file = file_of($argv[0], \\@env);
  my ($words, $variables) = (pack('p*', @argv, undef), pack('p*', @env, undef));
  my @ends = map { fileno($_) } $in, $to_out, $to_error;
  sysopen(my $group, $folder, 0) if $folder ne '';
  my @into = $group ? (0x200000000, fileno($group)) : (0, 0);
  my $pid = syscall($clone3, pack('Q11', $into[0], 0, 0, 0, 17, 0, 0, 0, 0, 0, $into[1]), 88);
  my $joins = $pid < 0;
  $pid = fork if $joins;
  return "failed $!" unless defined $pid;
  if ($pid == 0) {
    # Before Linux 5.7.
    if ($joins && open(my $door, '>', "$folder/cgroup.procs")) { syswrite($door, '0') }
    syscall($setsid);
    syscall($dup3, $ends[0], 0, 0);
    syscall($dup3, $ends[1], 1, 0);
    syscall($dup3, $ends[2], 2, 0);
    refuse("$cwd: $!") if syscall($chdir, $cwd) < 0;
    syscall($execve, $file, $words, $variables);
    refuse("$argv[0]: " . ($! == 2 ? 'not found' : $!)) if $! != 8;
    # A script that does not say whose it is.
    %ENV = map { split(/=/, $_, 2) } @env;
    exec('/bin/sh', $file, @argv[1 .. $#argv]);
  }
  my $life = syscall($pidfd_open, $pid, 0);
  $life{$pid} = undef;
  open($life{$pid}, '<&=', $life) if $life >= 0;
  $kept{$pid} = [$near, $out, $error];
  return join(' ', 'started', $pid, map { $_ ? fileno($_) : -1 } $near, $out, $error);
}

my ($heard, $over) = ('', 0);
until ($over && !%life) {
  my $awaited = '';
  vec($awaited, 0, 1) = 1 unless $over;
  vec($awaited, fileno($_), 1) = 1 for grep { $_ } values %life;
  # Before Linux 5.3 the end of a process has to be looked for.
  my $looks = grep { !$_ } values %life;
  next if select(my $ready = $awaited, undef, undef, $looks ? 0.02 : undef) < 0;
  my $told = '';
  if (vec($ready, 0, 1)) {
    $over = !sysread(STDIN, $heard, 65536, length $heard);
    while (length($heard) >= 4 && length($heard) >= 4 + (my $length = unpack('N', $heard))) {
      my ($what, @words) = split(/\\0/, substr($heard, 4, $length), -1);
      substr($heard, 0, 4 + $length) = '';
      if ($what eq 'start') { $told .= start(@words) . "\\n" } else { delete $kept{$words[0]} }
    }
  }
  for my $pid (keys %life) {
    next if $life{$pid} && !vec($ready, fileno($life{$pid}), 1);
    next if waitpid($pid, $no_hang) == 0;
    delete $life{$pid};
    $told .= "ended $pid $?\\n";
  }
  syswrite(STDOUT, $told) if $told ne '';
}
`;
