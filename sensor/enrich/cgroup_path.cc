// SPDX-License-Identifier: Apache-2.0
#include "enrich/cgroup_path.h"

#include <algorithm>
#include <array>

namespace nameward {
namespace {

constexpr size_t kIdLength = 64;  // SHA-256 in hex, of every CRI runtime

struct RuntimePrefix {
  std::string_view prefix;
  std::string_view runtime;
};
constexpr std::array<RuntimePrefix, 5> kRuntimes = {{
    {"cri-containerd", "containerd"},
    {"crio", "cri-o"},
    {"docker", "docker"},
    {"libpod", "podman"},
    {"nerdctl", "nerdctl"},
}};

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
         (c >= 'A' && c <= 'F');
}

std::string_view RuntimeOf(std::string_view prefix) {
  for (const auto& known : kRuntimes)
    if (prefix == known.prefix) return known.runtime;
  return {};
}

// A UUID with '-' or '_', or 32 hex digits (static pods).  Anything else might
// be `/podruntime/...`: without the kubelet's list it is no uid.
bool LooksLikePodUid(std::string_view text) {
  if (text.size() == 32) return std::all_of(text.begin(), text.end(), IsHex);
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' && text[i] != '_' : !IsHex(text[i])) return false;
  }
  return true;
}

// One path, read from the root: the outermost pod counts, and in it the
// outermost container.
class Reader {
 public:
  Reader(std::string_view path, const IsPodUid& is_pod)
      : path_(path), is_pod_(is_pod) {}

  CgroupPath Read() {
    for (size_t begin = 0; begin < path_.size() && !Settled();) {
      const size_t end = std::min(path_.find('/', begin), path_.size());
      ReadSegment(begin, end);
      begin = end + 1;
    }
    if (found_.unit.empty()) found_.unit = slice_;
    if (!found_.raw_pod_uid.empty()) found_.unit = {};
    return found_;
  }

 private:
  bool Settled() const {
    return !found_.raw_pod_uid.empty() &&
           (found_.helper || !found_.container_id.empty());
  }

  void ReadSegment(size_t begin, size_t end) {
    const std::string_view segment = path_.substr(begin, end - begin);
    if (segment.empty()) return;
    if (found_.raw_pod_uid.empty()) ReadPodUid(segment, begin);
    const bool outer = found_.helper || !found_.container_id.empty();
    if (!outer) ReadContainer(segment, begin, end);
    if (outer || found_.container_id.empty()) return ReadUnit(segment);
    found_.unit = slice_ = {};  // those around the container
  }

  // [prefix-]<64 hex>[.scope], or slice:prefix:<64 hex> of a cgroupfs runtime
  // under a systemd kubelet.  `.mount` units carry an id too: not ours.
  void ReadContainer(std::string_view segment, size_t begin, size_t end) {
    if (segment.ends_with(".scope")) segment.remove_suffix(6);
    if (segment.size() < kIdLength) return;
    const std::string_view id = segment.substr(segment.size() - kIdLength);
    if (!std::all_of(id.begin(), id.end(), IsHex)) return;
    std::string_view prefix = segment.substr(0, segment.size() - kIdLength);
    if (!prefix.empty()) {
      if (prefix.back() != '-' && prefix.back() != ':') return;
      prefix.remove_suffix(1);
    }
    if (prefix.ends_with("conmon")) {
      found_.helper = true;
      return;
    }
    found_.container_id = id;
    found_.container_end = end;
    found_.runtime = RuntimeOf(prefix.substr(prefix.rfind(':') + 1));
    if (path_.substr(0, begin).ends_with("/docker/")) found_.runtime = "docker";
  }

  void ReadUnit(std::string_view segment) {
    if (segment.ends_with(".service") || segment.ends_with(".scope"))
      found_.unit = segment;
    if (segment.ends_with(".slice")) slice_ = segment;
  }

  // pod<uid>, at the segment's start (cgroupfs) or after '-' (systemd).
  void ReadPodUid(std::string_view segment, size_t begin) {
    for (size_t at = segment.find("pod"); at != std::string_view::npos;
         at = segment.find("pod", at + 1)) {
      if (at > 0 && segment[at - 1] != '-') continue;
      std::string_view uid = segment.substr(at + 3);
      uid = uid.substr(0, std::min(uid.find(".slice"), uid.find(':')));
      if (!LooksLikePodUid(uid) && !(is_pod_ && is_pod_(uid))) continue;
      // What held it so far is the node itself (kind).
      found_ = {};
      found_.raw_pod_uid = uid;
      found_.qos = QosBefore(path_.substr(0, begin + at));
      found_.pod_end = begin + std::min(segment.find(':'), segment.size());
      return;
    }
  }

  static PodQos QosBefore(std::string_view before) {
    if (!before.empty()) before.remove_suffix(1);  // the '/' or '-'
    if (before.ends_with("besteffort")) return PodQos::kBestEffort;
    if (before.ends_with("burstable")) return PodQos::kBurstable;
    if (before.ends_with("kubepods")) return PodQos::kGuaranteed;
    return PodQos::kNone;
  }

  std::string_view path_;
  const IsPodUid& is_pod_;
  std::string_view slice_;
  CgroupPath found_;
};

// The path of a line "hierarchy:controllers:path" of cgroups(7).
std::string_view PathOfLine(std::string_view line) {
  const size_t first = line.find(':');
  if (first == std::string_view::npos) return {};
  const size_t second = line.find(':', first + 1);
  if (second == std::string_view::npos) return {};
  return line.substr(second + 1);
}

// Takes `next` into `best`; false if they contradict each other.
bool Merge(const CgroupPath& next, CgroupPath& best) {
  if (best.raw_pod_uid.empty() != next.raw_pod_uid.empty()) {
    if (best.raw_pod_uid.empty()) best = next;
    return true;
  }
  if (best.PodUid() != next.PodUid()) return false;
  if (!best.container_id.empty() && !next.container_id.empty())
    return best.container_id == next.container_id;
  if (best.container_id.empty() && best.unit.empty()) best = next;
  if (!next.container_id.empty()) best = next;
  return true;
}

}  // namespace

std::string_view ToString(PodQos qos) {
  static constexpr std::array<std::string_view, 4> kNames = {
      "", "Guaranteed", "Burstable", "BestEffort"};
  return kNames[static_cast<size_t>(qos)];
}

std::string CgroupPath::PodUid() const {
  std::string uid(raw_pod_uid);
  std::replace(uid.begin(), uid.end(), '_', '-');
  return uid;
}

CgroupPath ParseCgroupPath(std::string_view path, const IsPodUid& is_pod) {
  return Reader(path, is_pod).Read();
}

std::optional<CgroupPath> ParseProcCgroup(std::string_view text) {
  CgroupPath best;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const CgroupPath next = ParseCgroupPath(PathOfLine(text.substr(0, end)));
    if (!Merge(next, best)) return std::nullopt;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return best;
}

}  // namespace nameward
