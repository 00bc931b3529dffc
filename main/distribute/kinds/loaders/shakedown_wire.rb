# frozen_string_literal: true

require 'fcntl'
require 'json'

# The two pipes to who hands out the files, and stderr as it was when this process began: for programs that keep
# a framework of Ruby's loaded. It reads from descriptor 8 a line of JSON for each message, {"run": [paths]},
# with "leave_out" the names of tests that are not to be run, and writes to 9 one for each of "ready", "begin", "test", "end", "late"; see warm-message.ts. What the tests
# say ends with a mark in stderr where a file ends.
class ShakedownWire
  # The lowest descriptor that programs do not use by number.
  FREE = 30

  def initialize
    mark = ENV.delete('SHAKEDOWN_WARM') or abort 'this is started by shakedown distribute'
    @mark = "\x1e#{mark}\n"
    @reader = keep_private(8, 'r')
    @writer = keep_private(9, 'w')
    @stderr = keep_private(2, 'w')
    @process = Process.pid
    @pending = +''
    @lock = Mutex.new
  end

  def ready
    end_output
    say(ready: true)
    flush
  end

  # Yields each file and what is to be left out of it, and tells what its block gives of it: what went wrong beside its tests, or nil.
  def each_file
    while (line = next_line)
      told = JSON.parse(line)
      told['run'].each do |path|
        say(begin: path)
        flush
        start = now
        trouble = yield path, told.fetch('leave_out', [])
        ending = { file: path, ms: (now - start) * 1000 }
        ending[:message] = text(trouble) if trouble
        end_output
        say(end: ending)
      end
    end
  end

  # `seconds`: nil where it was not run. `id`: what the framework calls it, where that is not its name.
  def test(name, verdict, seconds, message = nil, detail = nil, id: nil)
    said = { name: text(name), verdict: verdict, ms: (seconds || 0) * 1000 }
    said[:id] = text(id) if id
    said.update(message: text(message), detail: text(detail)) if message
    say(test: said)
  end

  def late(message)
    say(late: { message: text(message) })
    flush
  end

  # Before anything is run that may end this process.
  def flush
    @lock.synchronize do
      @writer.write(@pending) unless @pending.empty?
      @pending = +''
    end
  end

  private

  def next_line
    flush
    @reader.gets
  end

  def say(message)
    refuse_forks
    line = "#{JSON.generate(message)}\n"
    @lock.synchronize { @pending << line }
  end

  # A fork of a test's that comes back from its test, or from being loaded, is no second teller.
  def refuse_forks
    exit!(70) if Process.pid != @process
  end

  def end_output
    refuse_forks
    [STDOUT, STDERR, $stdout, $stderr].uniq.each do |stream|
      stream.flush
    rescue StandardError
      nil
    end
    @stderr.write(@mark)
  end

  # The same descriptor where tests do not meet it, and their programs do not inherit it.
  def keep_private(descriptor, mode)
    given = IO.for_fd(descriptor, mode, autoclose: descriptor > 2)
    own = IO.for_fd(given.fcntl(Fcntl::F_DUPFD, FREE), mode)
    own.close_on_exec = true
    own.sync = true
    given.close if descriptor > 2
    own
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  # What is no UTF-8 is no JSON.
  def text(value)
    text = value.to_s
    text = text.encode('UTF-8', invalid: :replace, undef: :replace) unless text.encoding == Encoding::UTF_8
    text.scrub
  end
end
