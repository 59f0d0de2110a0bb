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
# stop.sh puts this back. What is noted already is from before an engine that was never stopped.
if [ ! -d "$DK_BEFORE" ]; then
    mkdir "$DK_BEFORE"
    cat /proc/sys/net/ipv4/ip_forward >"$DK_BEFORE/ip_forward"
    iptables-save >"$DK_BEFORE/iptables"
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
