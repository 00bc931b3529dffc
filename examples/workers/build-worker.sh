#!/bin/sh
# A worker for builds, of sh and curl alone: build-worker.sh http://host:7411 TOKEN [LABEL]
while :; do
  rm -rf "$folder" && folder=$(mktemp -d) && cd "$folder" || exit
  curl -sf -X POST -H "Authorization: Bearer $2" -H 'Accept: text/x-shellscript' \
    "$1/api/builds/oldest_not_executed?wait=20&lease=3600&label=$3" >build || sleep 5
  [ -s build ] && . ./build || continue
  mkdir work && curl -sf "$build_package_url" | tar -xz -C work
  (cd work && timeout 3600 "./$file") >output 2>&1
  curl -sf --data-binary @output "$post_back_url?exit_code=$?"
done
