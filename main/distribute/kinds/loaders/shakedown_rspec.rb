# frozen_string_literal: true

# Keeps RSpec loaded: required by it (--require), it has each file that it is told of run in turn, with one
# reporter and with hooks around the suite that run once. What files define for all stays, as in `rspec a b`;
# their example groups go with them (as RSpec.clear_examples has it).
require_relative 'shakedown_wire'

module Shakedown
  WIRE = ShakedownWire.new

  # Tells of each example as RSpec's own JSON formatter does.
  class Listener
    EVENTS = %i[example_started example_passed example_failed example_pending message].freeze

    attr_reader :failed, :messages

    def initialize
      forget
    end

    def forget
      @failed = []
      @messages = []
    end

    def example_started(_notification)
      WIRE.flush
    end

    def example_passed(notification)
      tell(notification.example, 'pass')
    end

    def example_pending(notification)
      tell(notification.example, 'skip')
    end

    def example_failed(notification)
      @failed << notification
      error = notification.example.execution_result.exception
      message = error.message.to_s
      first = message.strip.lines.first.to_s.chomp
      trace = (error.backtrace || []).first(20)
      tell(notification.example, 'fail', first.empty? ? error.class.name : first, [message, *trace].join("\n"))
    end

    def message(notification)
      @messages << notification.message
    end

    private

    def tell(example, verdict, message = nil, detail = nil)
      WIRE.test(example.full_description, verdict, example.execution_result.run_time, message, detail, id: example.id)
    end
  end

  # In place of all files at once.
  module Runner
    def run_specs(_none)
      @listener = Listener.new
      passed = @configuration.reporter.report(0) do |reporter|
        reporter.register_listener(@listener, *Listener::EVENTS)
        @configuration.with_suite_hooks { run_files(reporter) }
      end
      WIRE.late(@listener.messages.last.strip) if @world.non_example_failure
      exit_code(passed)
    end

    private

    def run_files(reporter)
      # A hook before the suite failed: each file is to say so in a process of its own.
      return false if @world.wants_to_quit

      WIRE.ready
      WIRE.each_file { |file| run_file(file, reporter) }
      forget
      true
    end

    def run_file(file, reporter)
      forget
      @configuration.files_to_run = [file]
      LOAD_SPEC_FILES.bind_call(@configuration)
      @world.ordered_example_groups.each { |group| group.run(reporter) } unless @world.wants_to_quit
      @listener.failed.each.with_index(1) { |each, number| $stdout.puts each.fully_formatted(number) }
      @listener.messages.join("\n").strip if @world.non_example_failure
    end

    def forget
      @listener.forget
      @world.reset
      @world.wants_to_quit = false
      @world.non_example_failure = false
    end
  end

  LOAD_SPEC_FILES = RSpec::Core::Configuration.instance_method(:load_spec_files)

  # Nothing is loaded before it is asked for.
  module Configuration
    def load_spec_files; end
  end
end

RSpec::Core::Configuration.prepend(Shakedown::Configuration)
RSpec::Core::Runner.prepend(Shakedown::Runner)
