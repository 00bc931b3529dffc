# shellcheck shell=sh
# hold-ssh.sh hold|release: whoever can log in may rely on the packages, so sshd waits for them, in the first boot alone.
done=/var/lib/shakedown-packages
case $1 in
  hold) [ -e $done ] || systemctl mask --runtime ssh.service ssh.socket ;;
  release)
    touch $done
    systemctl unmask --runtime ssh.service ssh.socket
    systemctl start --no-block ssh.service
    ;;
esac
