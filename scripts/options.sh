# What the options of ./run may be, told before anything is installed, built or started. Sourced.

whole_number() { # text, least, most
    [[ $1 =~ ^[1-9][0-9]{0,6}$ ]] && (( $1 >= $2 && $1 <= $3 ))
}

is_ipv4() {
    local part parts
    [[ $1 =~ ^[0-9]{1,3}(\.[0-9]{1,3}){3}$ ]] || return 1
    IFS=. read -ra parts <<<"$1"
    for part in "${parts[@]}"; do
        [[ $part =~ ^(0|[1-9][0-9]*)$ ]] && (( part <= 255 )) || return 1
    done
}

# RFC 4291 section 2.2: eight groups, one run of zero groups left out, the last two as IPv4.
is_ipv6() {
    local text=$1 groups group count=0
    [[ $text =~ ^[0-9A-Fa-f:.]+$ && $text == *:*:* ]] || return 1
    if [[ $text == *.* ]]; then
        is_ipv4 "${text##*:}" || return 1
        text=${text%:*}:0:0
    fi
    [[ $text != *:::* && ${text//::/} != *::* ]] || return 1
    [[ ${text/::/} != *::* ]] || return 1
    [[ $text != :* || $text == ::* ]] && [[ $text != *: || $text == *:: ]] || return 1
    IFS=: read -ra groups <<<"$text"
    for group in "${groups[@]}"; do
        [[ -z $group ]] && continue
        [[ $group =~ ^[0-9A-Fa-f]{1,4}$ ]] || return 1
        count=$((count + 1))
    done
    if [[ $text == *::* ]]; then (( count <= 7 )); else (( count == 8 )); fi
}

is_host_name() {
    [[ ${#1} -le 253 && $1 =~ ^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$ ]]
}

# Sets the ports that follow from --port, and says which one there is no room for.
choose_ports() {
    whole_number "$port" 1 65535 || fail "--port takes a number from 1 to 65535, not: $port"
    metrics_port=$((port + 1)) udp_port=$port tcp_port=$((port + 2))
    if (( port < 1024 )); then udp_port=40000 tcp_port=40000; fi # browsers take no candidate on such ports
    (( metrics_port <= 65535 && udp_port + relay_processes - 1 <= 65535 &&
        tcp_port + relay_processes - 1 <= 65535 )) ||
        fail "--port $port leaves no room for the ports that follow it with $relay_processes relays: $((65534 - relay_processes)) is the highest"
}

check_options() {
    local address
    [[ $var == *$'\n'* || $var == *"'"* || $var == *'\'* ]] && fail "--var may hold no quote, backslash or line end"
    [[ -z $build_dir || -x $bin/teleloire ]] || fail "--build-dir $build_dir holds no bin/teleloire"
    whole_number "$relay_processes" 1 64 || fail "--relays takes a number from 1 to 64, not: $relay_processes"
    choose_ports
    is_host_name "$public_name" || is_ipv6 "$public_name" ||
        fail "--public-name takes a host name or an address, not: $public_name"
    (( ${#addresses[@]} >= 1 && ${#addresses[@]} <= 8 )) || fail "--public-address takes 1 to 8 addresses"
    for address in "${addresses[@]}"; do
        is_ipv4 "$address" || is_ipv6 "$address" ||
            fail "--public-address takes addresses as numbers (192.0.2.10, 2001:db8::1), not: $address"
        [[ $address != 0.0.0.0 && ! $address =~ ^[0:]+$ ]] ||
            fail "--public-address $address is nobody's: browsers must reach it"
    done
}
