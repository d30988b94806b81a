# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#: ./dev kafka [-y] up     an Apache Kafka broker on loopback, with both topics
#: ./dev kafka down
#:
#: The broker of the tests, kept: one node (KRaft), plain and TLS listeners on ports
#: that `up` prints, data below the cache folder that ./dev help names.  `down` ends
#: it and removes its data.
#:
#: Installs what is missing of tools/dev/packages-test.txt, and by Maven the broker's
#: jars (43 MB) into the cache folder.  No root but for packages.

verb_kafka() {
  case "${1:-}" in
    up)
      need_packages test
      need_venv
      bash tests/e2e/kafka/get_kafka.sh
      ;;
    down) need_venv ;;
    *)
      verb_help kafka
      exit 2
      ;;
  esac
  PYTHONDONTWRITEBYTECODE=1 python3 tests/e2e/kafka/keep.py "$1" \
    "$NAMEWARD_CACHE/kafka-broker"
}
