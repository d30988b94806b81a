# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#: ./dev cluster [-y] up              a Kubernetes 1.34 node on this machine
#: ./dev cluster kubectl ARGUMENTS    asks it
#: ./dev cluster shell [COMMAND]      a shell (or command) on the node
#: ./dev cluster load ARCHIVE...      images (OCI archives) for its pods
#: ./dev cluster status | down
#:
#: etcd, API server, controllers, scheduler, kubelet, kube-proxy and CoreDNS out of
#: the upstream Go modules, as one program that is built once per machine (10
#: minutes on two cores, then it is in the cache folder that ./dev help names), over
#: Debian's containerd.  Up in 10 to 30 s, about 1 GB of memory.
#:
#: It lives in network and mount namespaces and in a cgroup of its own: interfaces,
#: iptables, sysctls and files of the machine stay as they are, and `down` leaves
#: nothing behind, also after a crash.  $NW_CLUSTER names it (dev); clusters of
#: other names run beside it.  It refuses where a kubelet or containerd of somebody
#: else runs.
#:
#: Needs root and Go 1.24 or newer (https://go.dev/dl).  Installs what is missing of
#: tools/dev/packages-test.txt; no service is started.

verb_cluster() {
  case "${1:-}" in
    up | down | status | kubectl | shell | load) ;;
    *)
      verb_help cluster
      exit 2
      ;;
  esac
  need_root cluster
  [ "$1" != up ] || need_packages test
  [ "$1" != down ] && [ "$1" != up ] && [ "$1" != status ] ||
    [ $# -eq 1 ] || die "cluster $1: takes no arguments (NW_CLUSTER names the cluster)"
  local status=0
  PYTHONDONTWRITEBYTECODE=1 python3 tests/e2e/cluster/cluster.py "$@" || status=$?
  [ "$status" != 77 ] || status=2
  exit "$status"
}

# Begins the program's first build beside other work.  Nothing to do, or not
# possible here: fine, `up` says so.
cluster_program_in_background() {
  PYTHONDONTWRITEBYTECODE=1 nice python3 tests/e2e/cluster/cluster.py build \
    >"$1" 2>&1 &
  # shellcheck disable=SC2034  # test.sh ends it
  cluster_program=$!
}
