#!/usr/bin/env bash
# Pulls the base images; where that cannot be, builds stand-ins under the same names from package registries.
# Kafka's jars and MinIO's program are taken from the local stack's cache (`fedswipe fetch` fills it).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/env.sh"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/fedswipe"
work="$DK_HOME/build"
mkdir -p "$work"
MINIO=quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z

step() { local start=$SECONDS name=$1; shift; "$@"; printf '%-24s %4d s\n' "$name" $((SECONDS - start)); }
have() { docker image inspect "$1" >/dev/null 2>&1; }
have_all() { have python:3.11-slim-bookworm && have apache/kafka:4.1.0 && have "$MINIO"; }
pull_all() { timeout 300 docker pull -q python:3.11-slim-bookworm && timeout 300 docker pull -q apache/kafka:4.1.0 && timeout 300 docker pull -q "$MINIO"; }

debian() {
    have debian:bookworm-slim && return
    local mirror ca=/etc/ssl/certs/ca-certificates.crt
    mirror=$(apt-get indextargets --format '$(CODENAME)|$(CREATED_BY)|$(REPO_URI)' | sed -n 's/^bookworm|Packages|//p' | head -1)
    # This machine's way out may end TLS with a CA of its own: the bundle goes into the base image.
    mmdebstrap --quiet --variant=minbase --include=ca-certificates --customize-hook="upload $ca $ca" bookworm - "$mirror" |
        docker import --change 'CMD ["bash"]' \
            --change "ENV SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca PIP_DEFAULT_TIMEOUT=180 PIP_DISABLE_PIP_VERSION_CHECK=1" \
            - debian:bookworm-slim >/dev/null
}
python() { have python:3.11-slim-bookworm || docker build -q -t python:3.11-slim-bookworm "$here/standins/python" >/dev/null; }
kafka() {
    have apache/kafka:4.1.0 && return
    local context="$work/kafka" jars
    jars=$(find "$cache" -maxdepth 2 -type d -path '*kafka-*/jars' | head -1)
    rm -rf "$context"
    cp -r "$here/standins/kafka" "$context"
    mkdir "$context/libs"
    cp "$jars"/*.jar "$context/libs/"
    docker build -q -t apache/kafka:4.1.0 "$context" >/dev/null
}
minio() {
    have "$MINIO" && return
    local context="$work/minio"
    [ -x "$work/mc" ] || { CGO_ENABLED=0 GOBIN="$work" go install -ldflags='-s -w' github.com/minio/mc@v0.0.0-20250313080218-cf909e1063a9 2>"$work/mc.log" || { tail -5 "$work/mc.log" >&2; return 1; }; }
    rm -rf "$context"
    cp -r "$here/standins/minio" "$context"
    cp "$(find "$cache" -maxdepth 2 -type f -name minio | head -1)" "$work/mc" "$context/"
    docker build -q -t "$MINIO" "$context" >/dev/null
}

if have_all; then
    echo "The base images are here."
elif ! pull_all >"$work/pull.log" 2>&1; then
    echo "Images cannot be pulled here ($(tail -1 "$work/pull.log")); building stand-ins."
    step 'Debian base' debian
    step 'Python' python
    step 'Kafka' kafka
    step 'MinIO' minio
fi
