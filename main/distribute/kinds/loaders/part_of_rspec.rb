# frozen_string_literal: true

# Required by RSpec where a part of a file is run: leaves out the examples that other parts run, by their ids.
require 'json'

module Shakedown
  LEFT_OUT = JSON.parse(ENV.delete('SHAKEDOWN_LEFT_OUT')).to_h { |id| [id, true] }.freeze

  module PartOfFile
    def prune(examples)
      super(examples.reject { |example| LEFT_OUT.key?(example.id) })
    end
  end
end

RSpec::Core::FilterManager.prepend(Shakedown::PartOfFile)
