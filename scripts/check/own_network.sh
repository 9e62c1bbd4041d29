#!/bin/bash
# own_network.sh COMMAND...: in a network of its own, which holds the loopback interface and one
# made-up address (Firefox pairs no loopback address with its others), and with mounts of its own (a test
# may lay another /etc/hosts over the host's). Nothing a test does can
# leave the machine or meet another run. Where namespaces are forbidden, in the host's network.
set -euo pipefail
PATH=/usr/lib/postgresql/15/bin:$PATH # psql itself: the one of /usr/bin asks Perl first which to start
namespace=(unshare --net --mount)
[[ $(id -u) = 0 ]] || namespace=(unshare --user --map-root-user --net --mount)
setup='ip link set lo up && ip link add outside type veth peer name inside &&
    ip address add 10.77.0.1/24 dev outside && ip link set outside up && ip link set inside up &&
    ip route add default dev outside'
if "${namespace[@]}" sh -c "$setup" 2>/dev/null; then
    exec "${namespace[@]}" sh -c "$setup && exec \"\$@\"" sh "$@"
fi
exec "$@"
