// SPDX-License-Identifier: Apache-2.0
// The other half of pod_list_json.h.  Written by hand, as one pass over the
// snapshot: it runs at every poll to see whether anything changed.
#include <cstdio>

#include "kube/pod_list_json.h"

namespace nameward {
namespace {

// Objects and lists with the commas where they belong.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void Open(char bracket) {
    Comma();
    out_ += bracket;
    comma_ = false;
  }
  void Open(std::string_view key, char bracket) {
    Key(key);
    out_ += bracket;
    comma_ = false;
  }
  void Close(char bracket) {
    out_ += bracket;
    comma_ = true;
  }
  void Text(std::string_view text) {
    Comma();
    Quote(text);
    comma_ = true;
  }
  void Text(std::string_view key, std::string_view text) {
    Key(key);
    Quote(text);
    comma_ = true;
  }
  void TextUnlessEmpty(std::string_view key, std::string_view text) {
    if (!text.empty()) Text(key, text);
  }
  void True(std::string_view key) {
    Key(key);
    out_ += "true";
    comma_ = true;
  }

 private:
  void Comma() {
    if (comma_) out_ += ',';
  }
  void Key(std::string_view key) {
    Comma();
    Quote(key);
    out_ += ':';
  }
  void Quote(std::string_view text) {
    out_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        out_ += '\\';
        out_ += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "\\u%04x",
                      static_cast<unsigned>(c));
        out_ += escaped;
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }

  std::string& out_;
  bool comma_ = false;
};

// [{"ip":"192.0.2.1"},…]
void Addresses(Writer& w, std::string_view key,
               const std::vector<IpAddress>& addresses) {
  if (addresses.empty()) return;
  w.Open(key, '[');
  for (const IpAddress& address : addresses) {
    w.Open('{');
    w.Text("ip", address.ToString());
    w.Close('}');
  }
  w.Close(']');
}

void Metadata(Writer& w, const Pod& pod) {
  w.Open("metadata", '{');
  w.Text("name", pod.name);
  w.TextUnlessEmpty("namespace", pod.namespace_name);
  w.Text("uid", pod.uid);
  if (!pod.labels.empty()) {
    w.Open("labels", '{');
    for (const auto& [key, value] : pod.labels) w.Text(key, value);
    w.Close('}');
  }
  // The workload stands as the owner, which the parser takes as it is.
  const size_t slash = pod.workload.find('/');
  if (slash != std::string::npos && pod.workload != "Pod/" + pod.name) {
    w.Open("ownerReferences", '[');
    w.Open('{');
    w.Text("kind", std::string_view(pod.workload).substr(0, slash));
    w.Text("name", std::string_view(pod.workload).substr(slash + 1));
    w.True("controller");
    w.Close('}');
    w.Close(']');
  }
  w.Close('}');
}

std::string_view PolicyName(PodDns::Policy policy) {
  switch (policy) {
    case PodDns::Policy::kClusterFirst:
      return "";  // what an absent policy means
    case PodDns::Policy::kClusterFirstWithHostNet:
      return "ClusterFirstWithHostNet";
    case PodDns::Policy::kDefault:
      return "Default";
    case PodDns::Policy::kNone:
      return "None";
  }
  return "";
}

void DnsConfig(Writer& w, const PodDns& dns) {
  if (dns.nameservers.empty() && dns.searches.empty() && !dns.ndots) return;
  w.Open("dnsConfig", '{');
  w.Open("nameservers", '[');
  for (const IpAddress& address : dns.nameservers) w.Text(address.ToString());
  w.Close(']');
  w.Open("searches", '[');
  for (const DomainName& name : dns.searches) w.Text(name.ToString());
  w.Close(']');
  if (dns.ndots) {
    w.Open("options", '[');
    w.Open('{');
    w.Text("name", "ndots");
    w.Text("value", std::to_string(*dns.ndots));
    w.Close('}');
    w.Close(']');
  }
  w.Close('}');
}

// Which of the pod's lists a container stands in.
struct List {
  ContainerKind kind;
  std::string_view spec;
  std::string_view status;
  bool Holds(ContainerKind other) const {
    return other == kind ||
           (kind == ContainerKind::kInit && other == ContainerKind::kSidecar);
  }
};
constexpr List kLists[] = {
    {ContainerKind::kRegular, "containers", "containerStatuses"},
    {ContainerKind::kInit, "initContainers", "initContainerStatuses"},
    {ContainerKind::kEphemeral, "ephemeralContainers",
     "ephemeralContainerStatuses"},
};

// Whose variables they were is not kept: they stand in a container that has no
// name.
void ServiceHosts(Writer& w, const std::vector<IpAddress>& addresses) {
  if (addresses.empty()) return;
  w.Open('{');
  w.Open("env", '[');
  for (const IpAddress& address : addresses) {
    w.Open('{');
    w.Text("name", "_SERVICE_HOST");
    w.Text("value", address.ToString());
    w.Close('}');
  }
  w.Close(']');
  w.Close('}');
}

void Containers(Writer& w, const PodState& state, const List& list) {
  w.Open(list.spec, '[');
  if (list.kind == ContainerKind::kRegular)
    ServiceHosts(w, state.pod->service_hosts);
  for (const PodContainer& container : state.containers) {
    if (!list.Holds(container.kind)) continue;
    w.Open('{');
    w.Text("name", container.name);
    w.TextUnlessEmpty("image", container.image);
    if (container.kind == ContainerKind::kSidecar)
      w.Text("restartPolicy", "Always");
    w.Close('}');
  }
  w.Close(']');
}

void Ended(Writer& w, std::string_view key, const std::string& id) {
  w.Open(key, '{');
  w.Open("terminated", '{');
  w.Text("containerID", id);
  w.Close('}');
  w.Close('}');
}

void Statuses(Writer& w, const PodState& state, const List& list) {
  w.Open(list.status, '[');
  for (const PodContainer& container : state.containers) {
    if (!list.Holds(container.kind) || container.ids.empty()) continue;
    w.Open('{');
    w.Text("name", container.name);
    w.Text("containerID", container.ids[0]);
    w.TextUnlessEmpty("imageID", container.image_id);
    if (container.ids.size() > 1) Ended(w, "state", container.ids[1]);
    if (container.ids.size() > 2) Ended(w, "lastState", container.ids[2]);
    w.Close('}');
  }
  w.Close(']');
}

void Spec(Writer& w, const PodState& state) {
  const Pod& pod = *state.pod;
  w.Open("spec", '{');
  if (pod.host_network) w.True("hostNetwork");
  w.TextUnlessEmpty("serviceAccountName", pod.service_account);
  w.TextUnlessEmpty("dnsPolicy", PolicyName(pod.dns.policy));
  DnsConfig(w, pod.dns);
  Addresses(w, "hostAliases", pod.host_aliases);
  for (const List& list : kLists) Containers(w, state, list);
  w.Close('}');
}

}  // namespace

void AppendPodList(const PodSnapshot& snapshot, std::string& out) {
  Writer w(out);
  w.Open('{');
  w.Text("kind", "PodList");
  w.Text("apiVersion", "v1");
  w.Open("items", '[');
  for (const PodState& state : snapshot.pods) {
    w.Open('{');
    Metadata(w, *state.pod);
    Spec(w, state);
    w.Open("status", '{');
    w.Text("phase", state.finished ? "Succeeded" : "Running");
    Addresses(w, "podIPs", state.addresses);
    // The node's addresses stand once, in the first pod.
    if (&state == snapshot.pods.data())
      Addresses(w, "hostIPs", snapshot.node_addresses);
    for (const List& list : kLists) Statuses(w, state, list);
    w.Close('}');
    w.Close('}');
  }
  w.Close(']');
  w.Close('}');
}

}  // namespace nameward
