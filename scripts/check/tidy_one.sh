#!/bin/bash
# tidy_one.sh STAMPS HEADERS FILE
key=$({ echo "$2"; cat "$3"; } | sha256sum); stamp=$1/${key%% *}
[[ -e $stamp ]] && exit 0
if clang-tidy --quiet -p build/dev --warnings-as-errors='*' \
    --extra-arg=-Wno-unknown-warning-option "$3" 2>/dev/null; then touch "$stamp"; exit 0; fi
exit 1
