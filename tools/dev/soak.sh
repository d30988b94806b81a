# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#: ./dev soak [-y] [seconds]
#:
#: What takes ten minutes or more: each fuzz target for an hour (or the seconds
#: given), one after the other, then the live tests again and again for as long,
#: ten minutes of a healthy cluster, in which no alert may come, pods that come and
#: go for two times five minutes, ten minutes without a kubelet, and as long
#: without a broker at 200 alerts a second.
#:
#: Needs root for all but the first.  Installs what ./dev fuzz and ./dev test install.

verb_soak() {
  local seconds=${1:-3600} rounds=0 deadline
  [ $# -le 1 ] || die "soak: only a number of seconds"
  need_root soak
  # shellcheck source=tools/dev/fuzz.sh
  . tools/dev/fuzz.sh
  # shellcheck source=tools/dev/test.sh
  . tools/dev/test.sh
  verb_fuzz "$seconds"
  # The flood's test keeps the sensor stopped for so long.
  export NW_STOP_SECONDS=30
  deadline=$((SECONDS + seconds))
  while [ "$SECONDS" -lt "$deadline" ]; do
    verb_test live
    rounds=$((rounds + 1))
  done
  NW_QUIET_SECONDS=600 NW_FAULT_SECONDS=600 NW_CHURN_SECONDS=300 \
    NW_CHURN_EVENTS=100000 NW_CHURN_PER_SECOND=10 verb_test cluster
  NW_OUTAGE_SECONDS=$seconds verb_test kafka
  say "the live tests passed $rounds times"
}
