#!/bin/bash
# The job as an expert writes it: parallel OpenSSH over shared connections, and tar.
# expert.sh FOLDER COUNT: FOLDER has ssh_config, addresses (a line a node) and node_files/; what comes home lies in home/.
set -euo pipefail
cd "$1"
count=$2
rm -rf home sockets
mkdir -p home sockets

to() {
  ssh -F ssh_config -o ControlMaster=auto -o ControlPath="sockets/%n" -o ControlPersist=60 -o LogLevel=ERROR "$@"
}

one() {
  local id=$1 node=node$1 address
  address=$(sed -n "$((id + 1))p" addresses)
  mkdir -p "home/$id/files" "home/$id/to_deploy"
  cp node_files/f* "home/$id/to_deploy"
  sed "s/<{ node_id }>/$id/" node_files/index.html.tmpl >"home/$id/to_deploy/index.html"
  tar -C "home/$id/to_deploy" -c . | to "$node" 'rm -rf /var/tmp/job; mkdir -p /var/tmp/job; tar -x -C /var/tmp/job
    dpkg -s nginx-light >/dev/null 2>&1 || apt-get install -y -qq nginx-light
    cp /var/tmp/job/index.html /var/www/html/index.html; systemctl restart nginx'
  until curl -sf -o /dev/null "http://$address/"; do sleep 0.02; done
  to "$node" 'journalctl -q -u nginx --since -5min; systemctl --no-pager status nginx' >"home/$id/nginx.log"
  to "$node" 'systemctl stop nginx; cp /var/log/nginx/*.log /var/tmp/job; tar -c -C /var/tmp/job .' |
    tar -x -C "home/$id/files"
  to -O exit "$node" 2>/dev/null
}

pids=()
for ((id = 0; id < count; id++)); do
  one "$id" &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
