#!/usr/bin/env bash
# Starts the gate's own engine in the background and returns once it answers.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

if ! command -v dockerd >/dev/null || ! command -v docker-compose >/dev/null || ! command -v mmdebstrap >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        docker.io docker-compose iptables mmdebstrap iproute2 >/dev/null
fi
if docker info >/dev/null 2>&1; then
    echo "The engine answers already."
    exit 0
fi
mkdir -p "$DK_HOME"
# What the daemon changes outside its folder is put back by stop.sh; what is noted already is of an engine that was
# never stopped, and from before it.
if [ ! -f "$DK_HOME/iptables.before" ]; then
    cat /proc/sys/net/ipv4/ip_forward >"$DK_HOME/ip_forward.before"
    iptables-save >"$DK_HOME/iptables.before"
fi
out=$(ip -o route show default | awk '{print $5; exit}')
mtu=$(cat "/sys/class/net/${out:-lo}/mtu")
[ "$mtu" -le 1500 ] || mtu=1500

setsid nohup dockerd --host "$DOCKER_HOST" --data-root "$DK_HOME/data" --exec-root "$DK_HOME/exec" \
    --pidfile "$DK_HOME/dockerd.pid" --mtu "$mtu" --ip 127.0.0.1 </dev/null >"$DK_HOME/dockerd.log" 2>&1 &
for _ in $(seq 1 150); do
    if docker info >/dev/null 2>&1; then exec docker version --format 'Engine {{.Server.Version}}'; fi
    sleep 0.2
done
echo "dockerd did not answer in 30 s; its log ends with:" >&2
tail -20 "$DK_HOME/dockerd.log" >&2
exit 1
