// SPDX-License-Identifier: Apache-2.0
// The process that decodes hostile bytes holds nothing.
//
// DropRights takes from the calling thread, and from every thread that it later
// starts: all capabilities, the way back to them (no_new_privs), the system
// calls that it has no need of (a seccomp allow-list; the rest fails with
// EPERM, so that a forbidden thing is an error and not a crash), and the file
// system but the named paths (Landlock, where the kernel has it).  It can't be
// undone.
//
// Call it after OpenLive and SpawnKeeper and before the first thread: all of
// this is per thread.  Sockets that are to listen are made before it.
#ifndef NAMEWARD_APP_RIGHTS_H_
#define NAMEWARD_APP_RIGHTS_H_

#include <string>
#include <vector>

#include "base/result.h"

namespace nameward {

struct RightsOptions {
  // Files or directories; one that does not exist is left out and noted.
  std::vector<std::string> readable;
  std::vector<std::string> writable;  // readable too
  // New sockets (Kafka, kubelet): TCP and UDP over IPv4 and IPv6 only.  Without
  // it socket() and connect() fail; accept() on what listens stays.
  bool allow_network = false;
  // With allow_network: the only TCP ports to connect to (Landlock ABI 4);
  // empty: any.
  std::vector<unsigned short> connect_ports;
};

struct RightsReport {
  int landlock_abi = 0;           // 0: the kernel has none
  bool landlock_network = false;  // connect_ports is kept by the kernel
  std::vector<std::string> degraded;
};

// Fails only if the capabilities or the filter could not be dropped: the caller
// must end then.
Result<RightsReport> DropRights(const RightsOptions& options);

// The kernel's Landlock ABI, 0 if it has none.
int LandlockAbi();

}  // namespace nameward

#endif  // NAMEWARD_APP_RIGHTS_H_
