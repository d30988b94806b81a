// SPDX-License-Identifier: Apache-2.0
#include "app/kubelet_fetch.h"

#include <netinet/in.h>

#include "kube/kubelet_client.h"

namespace nameward {
namespace {

constexpr uint16_t kReadOnlyPort = 10255;

KubeletOptions Options(const Settings& settings) {
  const KubeletSettings& from = settings.kubelet;
  KubeletOptions options;
  options.addresses = from.address;
  if (options.addresses.empty())
    options.addresses.push_back(IpAddress::V4(INADDR_LOOPBACK));
  options.port = KubeletPort(settings);
  options.plain_http = from.read_only_port;
  options.node_name = from.server_name;
  options.tls = from.tls;
  if (from.tls == KubeletTls::kPin) options.pinned_file = from.ca_file;
  options.ca_file = from.ca_file;
  options.token_file = from.token_file;
  if (!from.cert_file.empty()) options.token_file.clear();
  options.certificate_file = from.cert_file;
  options.key_file = from.key_file;
  options.max_answer = from.max_body;
  options.time_limit = from.timeout;
  return options;
}

}  // namespace

uint16_t KubeletPort(const Settings& settings) {
  const bool chosen = settings.origins.contains("kubelet.port");
  if (settings.kubelet.read_only_port && !chosen) return kReadOnlyPort;
  return static_cast<uint16_t>(settings.kubelet.port);
}

Result<std::unique_ptr<PodFetch>> NewKubeletFetch(const Settings& settings) {
  return NewKubeletClient(Options(settings));
}

}  // namespace nameward
