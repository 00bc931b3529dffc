# frozen_string_literal: true

# Keeps Minitest loaded: it loads each file that it is told of, and runs what that has brought. Classes and
# modules stay, as where one process requires all files.
require_relative 'shakedown_wire'

WIRE = ShakedownWire.new
require 'minitest'

module Shakedown
  # Tests by class, where not all of a class are to be run: of one that an earlier file has begun.
  ONLY = {} # rubocop:disable Style/MutableConstant
  # Tests that others run, by their names in the results.
  LEFT_OUT = {} # rubocop:disable Style/MutableConstant

  # Files ask for it, and would have all be run when this process ends.
  module NoAutorun
    def autorun; end
  end

  module Chosen
    def runnable_methods
      methods = ONLY.key?(self) ? super & ONLY[self] : super
      LEFT_OUT.empty? ? methods : methods.reject { |name| LEFT_OUT.key?("#{self}##{name}") }
    end
  end

  class Reporter < Minitest::AbstractReporter
    def prerecord(_class, _name)
      WIRE.flush
    end

    def record(result)
      klass = result.respond_to?(:klass) ? result.klass : result.class
      failure = result.failures.first
      verdict = result.skipped? ? 'skip' : failure ? 'fail' : 'pass'
      message = failure && failure.message.to_s.strip.lines.first.to_s.chomp
      WIRE.test("#{klass}##{result.name}", verdict, result.time, message, detail(result))
    end

    private

    def detail(result)
      result.failures.map { |each| [each.message, *(each.backtrace || []).first(20)].join("\n") }.join("\n\n")
    end
  end

  def self.tests_of(classes)
    classes.to_h { |each| [each, each.methods_matching(/^test_/)] }
  end

  # What went wrong when it was loaded, if anything.
  def self.load_file(path)
    load path
    nil
  rescue ScriptError, StandardError => e
    warn e.full_message(highlight: false)
    "#{e.class}: #{e.message}"
  end

  def self.run_file(file, leave_out, plugins)
    ONLY.clear
    LEFT_OUT.replace(leave_out.to_h { |name| [name, true] })
    before = tests_of(Minitest::Runnable.runnables)
    path = File.expand_path(file)
    trouble = load_file(path)
    return trouble if trouble

    all = Minitest::Runnable.runnables.dup
    choose(all, before, path)
    Minitest::Runnable.runnables.replace(all.reject { |each| ONLY[each] == [] })
    Minitest.run([*ARGV, *plugins])
    Minitest::Runnable.runnables.replace(all)
    nil
  end

  # Of classes that were there before: what this file has added, or defined anew.
  def self.choose(all, before, path)
    all.each do |each|
      known = before[each] or next
      ONLY[each] = each.methods_matching(/^test_/).select do |name|
        !known.include?(name) || each.instance_method(name).source_location&.first == path
      end
    end
  end
end

Minitest.singleton_class.prepend(Shakedown::NoAutorun)
Minitest::Test.singleton_class.prepend(Shakedown::Chosen)
Minitest.extensions << 'shakedown'
def Minitest.plugin_shakedown_init(_options)
  reporter << Shakedown::Reporter.new
end

WIRE.ready
# Plugins are found once: each time that they are looked for they would be had once more.
plugins = []
WIRE.each_file do |file, leave_out|
  trouble = Shakedown.run_file(file, leave_out, plugins)
  plugins = ['--no-plugins']
  trouble
end
begin
  Minitest.class_variable_get(:@@after_run).reverse_each(&:call)
rescue StandardError => e
  WIRE.late("#{e.class}: #{e.message}")
end
