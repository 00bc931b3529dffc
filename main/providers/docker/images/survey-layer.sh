# shellcheck shell=bash
# Looks through what was written on a container that is off: prints what survey.sh says.
source ./written-folders.sh

written_folders
source ../../layers/survey-upper.sh
