# shellcheck shell=sh
# The service on the second serial port, in busybox. Reads lines `NUMBER SCRIPT`, the script in base64, runs each and
# answers `NUMBER EXIT-CODE OUTPUT`, the output in base64. What comes before it listens is lost, so it answers to a mere
# `NUMBER` as well.
stty -F /dev/ttyS1 raw -echo
while read -r number script; do
  if [ -z "$script" ]; then echo "$number 0"; continue; fi
  output=$(echo "$script" | base64 -d | sh 2>&1); code=$?
  echo "$number $code $(echo "$output" | base64 -w 0)"
done
