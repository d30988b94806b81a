// SPDX-License-Identifier: Apache-2.0
#include "app/surroundings.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>

#include "app/policy_files.h"
#include "app/resolv_conf.h"

namespace nameward {
namespace {

constexpr size_t kMaxSmallFile = 64 * 1024;
// The node's own, where the host's are mounted: systemd-resolved's first, since
// /etc/resolv.conf then names only its stub, which pods don't ask.
constexpr const char* kNodeResolvConf[] = {
    "/host/run/systemd/resolve/resolv.conf",
    "/host/etc/resolv.conf",
};

std::string ReadSmall(const char* path) {
  Result<std::string> text = ReadWholeFile(path, kMaxSmallFile);
  return text ? std::move(*text) : std::string();
}

ResolvConf NodeResolvConf() {
  for (const char* path : kNodeResolvConf) {
    ResolvConf conf = ParseResolvConf(ReadSmall(path));
    if (!conf.resolvers.empty()) return conf;
  }
  return {};
}

std::string FirstLine(const char* path) {
  std::string text = ReadSmall(path);
  text.resize(std::min(text.find('\n'), text.size()));
  return text;
}

// The node's where it is mounted (components/machine-id).  A container's own
// file is its image's.
std::string MachineId() {
  const std::string id =
      FirstLine(InPod() ? "/host/etc/machine-id" : "/etc/machine-id");
  return IsMachineId(id) ? id : "";
}

std::string Variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? "" : value;
}

std::vector<std::string> SplitAtCommas(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream parts(text);
  for (std::string word; std::getline(parts, word, ',');) words.push_back(word);
  return words;
}

std::optional<IpAddress> AddressOf(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  if (address->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    return IpAddress::V4(ntohl(v4.sin_addr.s_addr));
  }
  if (address->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6;
  std::memcpy(&v6, address, sizeof v6);
  return IpAddress(v6.sin6_addr.s6_addr);
}

std::vector<IpAddress> InterfaceAddresses() {
  std::vector<IpAddress> addresses;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return addresses;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list,
                                                               freeifaddrs);
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next)
    if (const auto address = AddressOf(one->ifa_addr))
      addresses.push_back(*address);
  return addresses;
}

}  // namespace

PodEnvironment ReadPodEnvironment() {
  const KubeletSettings files;
  PodEnvironment pod;
  pod.node_name = Variable("NODE_NAME");
  pod.host_ip = Variable("HOST_IP");
  pod.pod_ip = Variable("POD_IP");
  pod.pod_uid = Variable("POD_UID");
  pod.api_host = Variable("KUBERNETES_SERVICE_HOST");
  pod.has_account = access(files.token_file.c_str(), F_OK) == 0 &&
                    access(files.ca_file.c_str(), F_OK) == 0;
  return pod;
}

bool IsMachineId(std::string_view text) {
  return text.size() == 32 &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool InPod() { return !Variable("KUBERNETES_SERVICE_HOST").empty(); }

bool LacksKubelet(const Settings& settings) {
  return settings.pods == PodsFrom::kNone &&
         !settings.origins.contains("pods.source");
}

Status ApplyEnvironment(const PodEnvironment& pod, Settings& settings) {
  settings.pod_ip = pod.pod_ip;
  settings.pod_uid = pod.pod_uid;
  settings.api_address = IpAddress::Parse(pod.api_host);
  if (!pod.node_name.empty()) {
    for (const char* key : {"node.name", "kubelet.server_name"})
      NW_RETURN_IF_ERROR(SetKey(settings, key, {pod.node_name}, "NODE_NAME"));
  }
  if (pod.host_ip.empty()) return Ok();
  const auto addresses = SplitAtCommas(pod.host_ip);
  for (const char* key : {"node.addresses", "kubelet.address"})
    NW_RETURN_IF_ERROR(SetKey(settings, key, addresses, "HOST_IP"));
  if (pod.node_name.empty() || !pod.has_account) return Ok();
  return SetKey(settings, "pods.source", {"kubelet"},
                "HOST_IP, NODE_NAME and a service account");
}

Context LiveContext(const Settings& settings) {
  Context context;
  context.node.name = settings.node_name;
  context.node.cluster = settings.cluster_name;
  context.node.machine_id = MachineId();
  context.boot_id = FirstLine("/proc/sys/kernel/random/boot_id");
  AddNames(settings, ParseResolvConf(ReadSmall("/etc/resolv.conf")),
           NodeResolvConf(), context);
  context.internal = settings.internal;
  context.services = settings.services;
  context.node_addresses = settings.node_addresses.empty()
                               ? InterfaceAddresses()
                               : settings.node_addresses;
  if (settings.pods != PodsFrom::kNone && settings.api_address)
    context.service_addresses = {*settings.api_address};
  context.encrypted = settings.encrypted;
  context.redirects = settings.redirects;
  context.warmup = settings.warmup;
  return context;
}

}  // namespace nameward
