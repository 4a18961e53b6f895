#!/usr/bin/env bash
# The relay against no relay and against haproxy (TCP mode), all before the same nginx, interleaved in one run.
# Usage: bench/relay.sh [rounds] [seconds]. Needs nginx, haproxy, wrk, curl. One JSON line per measure: the medians.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-7}
seconds=${2:-4}
folder=$(mktemp -d)
started=()
finish() {
    local pid
    for pid in "${started[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT

nginx_port=18081 haproxy_port=18082 relay_port=18083
mkdir -p "$folder/www"
head -c 1024 /dev/urandom | base64 -w0 | head -c 1024 >"$folder/www/small"
head -c 268435456 /dev/zero >"$folder/www/bulk"
cat >"$folder/nginx.conf" <<EOF
daemon off; master_process off; pid $folder/nginx.pid; error_log $folder/nginx.log;
events { worker_connections 4096; }
http { access_log off; sendfile on; keepalive_requests 1000000; client_body_temp_path $folder;
  proxy_temp_path $folder; fastcgi_temp_path $folder; uwsgi_temp_path $folder; scgi_temp_path $folder;
  server { listen 127.0.0.1:$nginx_port backlog=4096; root $folder/www; } }
EOF
cat >"$folder/haproxy.cfg" <<EOF
global
  maxconn 8000
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen relay
  bind 127.0.0.1:$haproxy_port backlog 4096
  server nginx 127.0.0.1:$nginx_port
EOF
dotnet build src/Node -c Release -v quiet >/dev/null
nginx -p "$folder" -c "$folder/nginx.conf" & started+=($!)
haproxy -q -db -f "$folder/haproxy.cfg" & started+=($!)
artifacts/bin/Node/release/chimney relay --listen 127.0.0.1:$relay_port --to 127.0.0.1:$nginx_port --quiet \
    >"$folder/relay.log" 2>&1 & started+=($!)
for port in $nginx_port $haproxy_port $relay_port; do
    for ((try = 0; try < 100; try++)); do
        curl -fs -o /dev/null "http://127.0.0.1:$port/small" && break
        sleep 0.1
    done
done

requests() { # port, extra header: requests a second
    wrk -t1 -c50 -d"${seconds}s" ${2:+-H "$2"} "http://127.0.0.1:$1/small" | awk '/Requests\/sec/ { print $2 }'
}
bulk() { # port: bytes a second
    curl -fs -o /dev/null -w '%{speed_download}\n' "http://127.0.0.1:$1/bulk"
}
median() { sort -g | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

measure() { # name, command, further arguments
    local name=$1 round what
    shift
    for ((round = 0; round < rounds; round++)); do
        "$1" "$nginx_port" "${@:2}" >>"$folder/$name.direct"
        "$1" "$haproxy_port" "${@:2}" >>"$folder/$name.haproxy"
        "$1" "$relay_port" "${@:2}" >>"$folder/$name.relay"
    done
    awk -v name="$name" -v direct="$(median <"$folder/$name.direct")" -v haproxy="$(median <"$folder/$name.haproxy")" \
        -v relay="$(median <"$folder/$name.relay")" 'BEGIN { printf "{\"bench\":\"relay\",\"measure\":\"%s\",\"direct\":%.0f,\"haproxy\":%.0f,\"relay\":%.0f,\"relayToHaproxy\":%.2f,\"relayToDirect\":%.2f}\n",
            name, direct, haproxy, relay, relay / haproxy, relay / direct }'
}

measure keepalive-requests-per-second requests
measure connections-per-second requests "Connection: close"
measure bulk-bytes-per-second bulk
