// SPDX-License-Identifier: Apache-2.0
#include "app/pod_sources.h"

#include <filesystem>
#include <string>
#include <utility>

#include "app/kubelet_fetch.h"
#include "kube/file_pod_source.h"
#include "kube/kubelet_source.h"

namespace nameward {
namespace {

// The kubelet swaps a symbolic link beside them, so it is the folder.
void AddFolderOf(const std::string& file, std::vector<std::string>& out) {
  if (file.empty()) return;
  const auto folder = std::filesystem::path(file).parent_path();
  out.push_back(folder.empty() ? "." : folder.string());
}

}  // namespace

Result<std::unique_ptr<PodSource>> OpenPodSource(const Settings& settings,
                                                 Clock& clock) {
  if (settings.pods == PodsFrom::kNone) return std::unique_ptr<PodSource>();
  if (settings.pods == PodsFrom::kFile) {
    auto file = FilePodSource::Open(settings.pods_file);
    if (!file) return file.error().Wrap("pods.file");
    return std::unique_ptr<PodSource>(std::move(*file));
  }
  auto kubelet = NewKubeletFetch(settings);
  if (!kubelet) return kubelet.error();
  return NewPollingSource(std::move(*kubelet), settings.kubelet.max_body,
                          settings.kubelet.poll, clock);
}

std::string UnprovenKubelet(const Settings& settings) {
  if (settings.pods != PodsFrom::kKubelet) return "";
  if (settings.kubelet.read_only_port)
    return "pods: kubelet.read_only_port: whoever listens there names the pods";
  if (settings.kubelet.tls == KubeletTls::kInsecure)
    return "pods: kubelet.tls is insecure: whoever answers gets the token";
  return "";
}

void AddPodRights(const Settings& settings, RightsOptions& rights) {
  if (settings.pods != PodsFrom::kKubelet) return;
  const KubeletSettings& kubelet = settings.kubelet;
  rights.allow_network = true;
  rights.connect_ports.push_back(KubeletPort(settings));
  for (const std::string& file : {kubelet.ca_file, kubelet.token_file,
                                  kubelet.cert_file, kubelet.key_file})
    AddFolderOf(file, rights.readable);
}

}  // namespace nameward
