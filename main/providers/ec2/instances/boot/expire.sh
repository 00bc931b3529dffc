# shellcheck shell=sh
# Has the instance end itself so many `seconds` after each boot. cloud-init's bootcmd runs it at every boot, long before
# the network is there. A monotonic timer: clocks are what tests turn. Not by systemd-run, which waits even with
# --no-block for a system that waits for this very command.
: "${seconds:?}"
cd /run/systemd/system || exit
cat > shakedown-expiry.timer <<TIMER
[Unit]
DefaultDependencies=no
[Timer]
OnActiveSec=$seconds
AccuracySec=1
TIMER
cat > shakedown-expiry.service <<'SERVICE'
[Unit]
DefaultDependencies=no
[Service]
ExecStart=/bin/systemctl poweroff
SERVICE
systemctl daemon-reload
systemctl start --no-block shakedown-expiry.timer
