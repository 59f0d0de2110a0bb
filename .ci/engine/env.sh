# Sourced: where the gate's own engine is. DK_HOME holds everything that it writes.
: "${DK_HOME:=${XDG_CACHE_HOME:-$HOME/.cache}/fedswipe/engine}"
export DK_HOME
DK_BEFORE="$DK_HOME/before-$(cat /proc/sys/kernel/random/boot_id)" # what the daemon changes outside its folder
export DOCKER_HOST="unix://$DK_HOME/docker.sock"
export DOCKER_BUILDKIT=0 COMPOSE_DOCKER_CLI_BUILD=0
export TESTCONTAINERS_RYUK_DISABLED=true
export TESTCONTAINERS_CONNECTION_MODE=docker_host
export TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1
