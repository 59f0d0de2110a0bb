#!/usr/bin/env bash
# Stops the gate's own engine by its process id, and puts packet filter and forwarding back. Images stay.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
pid=$(cat "$DK_HOME/dockerd.pid" 2>/dev/null) || { echo "No engine of the gate's runs."; exit 0; }
mapfile -t left < <(docker ps -aq)
[ "${#left[@]}" -eq 0 ] || docker rm -fv "${left[@]}" >/dev/null
docker network prune -f >/dev/null
docker volume prune -f >/dev/null
kill "$pid"
for _ in $(seq 1 150); do [ -d "/proc/$pid" ] || break; sleep 0.2; done
[ ! -d "/proc/$pid" ] || { echo "dockerd $pid still runs" >&2; exit 1; }
ip link del docker0 2>/dev/null
before="$DK_BEFORE/iptables"
if [ -f "$before" ]; then
    iptables-restore <"$before"
    for table in nat filter; do # a table that did not exist then is empty now
        grep -q "^\*$table" "$before" && continue
        iptables -t "$table" -F
        iptables -t "$table" -X
        [ "$table" != filter ] || iptables -P FORWARD ACCEPT
    done
    cat "$DK_BEFORE/ip_forward" >/proc/sys/net/ipv4/ip_forward
    rm -r "$DK_BEFORE"
fi
echo "The engine is stopped."
