#!/bin/sh
# A worker for builds, of sh and curl alone: build-worker.sh http://host:7411 TOKEN [LABEL]
while :; do
  rm -rf "$folder" && folder=$(mktemp -d) && cd "$folder" || exit
  curl -sf -X POST -H "Authorization: Bearer $2" -H 'Accept: text/x-shellscript' \
    "$1/api/builds/oldest_not_executed?wait=20&lease=3600&label=$3" >build || sleep 5
  [ -s build ] || continue
  # shellcheck disable=SC1091 # It says build_package_url, file and post_back_url.
  . ./build || continue
  # shellcheck disable=SC2154
  mkdir work && curl -sf "$build_package_url" | tar -xz -C work
  # shellcheck disable=SC2154
  (cd work && timeout 3600 "./$file") >output 2>&1
  # shellcheck disable=SC2154
  curl -sf --data-binary @output "$post_back_url?exit_code=$?"
done
