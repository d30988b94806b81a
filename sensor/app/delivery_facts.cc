// SPDX-License-Identifier: Apache-2.0
#include "app/delivery_facts.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <mutex>

#include "app/alert_outputs.h"
#include "base/clock.h"
#include "deliver/disk.h"
#include "deliver/weaknesses.h"

namespace nameward {
namespace {

constexpr Nanoseconds kAskBrokers = 5s;
constexpr uint64_t kMebibyte = uint64_t{1} << 20;

// Keeps what the library last complained of: it is what a wait was in vain for.
class LastTrouble final : public KafkaListener {
 public:
  void OnReport(uint64_t, Fate, const std::string&) override {}
  void OnTrouble(const std::string& text, bool) override {
    const std::lock_guard lock(mutex_);
    text_ = text;
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

NodeFact AlertsFact(const Settings& settings) {
  std::string text;
  for (const std::string& name : AlertSinkNames(settings))
    text += (text.empty() ? "to " : ", ") + name;
  return {"alerts", FactState::kOk, text, ""};
}

NodeFact SpoolError(const std::string& why) {
  return {"spool", FactState::kMissing, why,
          "alerts.spool: a folder that the sensor may write and that outlives "
          "it"};
}

// `place`: the folder, or its parent where it is not made yet.
FolderRoom LookAt(const std::string& folder, const std::string& place) {
  FolderRoom room;
  struct statfs system {};
  if (statfs(place.c_str(), &system) == 0) {
    room.free =
        uint64_t{system.f_bavail} * static_cast<uint64_t>(system.f_bsize);
    room.in_memory = system.f_type == TMPFS_MAGIC;
  }
  const auto disk = OpenDiskReadOnly(folder);
  if (!disk) return room;
  if (const auto entries = (*disk)->List())
    for (const DiskEntry& entry : *entries) room.used += entry.size;
  return room;
}

NodeFact SpoolFact(const Settings& settings) {
  std::string place = settings.spool;
  if (place.empty())
    return {"spool", FactState::kDegraded,
            "none: what a sink has not acknowledged is in memory only",
            "set alerts.spool to a folder that outlives the sensor"};
  struct stat found {};
  if (stat(place.c_str(), &found) != 0) {
    place = std::filesystem::path(place).parent_path();
    if (place.empty()) place = ".";
    if (access(place.c_str(), W_OK | X_OK) != 0)
      return SpoolError(ErrnoError(place, errno).ToString());
  } else if (!S_ISDIR(found.st_mode)) {
    return SpoolError(place + ": is no folder");
  } else if (access(place.c_str(), R_OK | W_OK | X_OK) != 0) {
    return SpoolError(ErrnoError(place, errno).ToString());
  }
  return RoomFact(settings.spool, settings.spool_megabytes * kMebibyte,
                  LookAt(settings.spool, place));
}

NodeFact KafkaFact(const Settings& settings) {
  SystemClock clock;
  LastTrouble trouble;
  const auto missing = [&](const Error& error) {
    const std::string said = trouble.text();
    return NodeFact{
        "kafka", FactState::kMissing,
        said.empty() ? error.what + ": " + error.why : said,
        error.fix.empty() ? "docs/operations.md, Kafka" : error.fix};
  };
  const auto producer = KafkaProducer::Make(settings.kafka, {}, trouble, clock);
  if (!producer) return missing(producer.error());
  const auto cluster = (*producer)->Describe(
      {settings.kafka.topic, settings.kafka.dry_run_topic}, kAskBrokers);
  if (!cluster) return missing(cluster.error());
  return ClusterFact(*cluster);
}

void AddWeaknesses(const char* name, const std::vector<Error>& weaknesses,
                   std::vector<NodeFact>& facts) {
  for (const Error& weakness : weaknesses)
    facts.push_back({name, FactState::kDegraded,
                     weakness.what + ": " + weakness.why, weakness.fix});
}

}  // namespace

NodeFact RoomFact(const std::string& folder, uint64_t quota,
                  const FolderRoom& room) {
  const std::string text = folder + ": " +
                           std::to_string(room.used / kMebibyte) + " of " +
                           std::to_string(quota / kMebibyte) + " MiB used";
  if (room.in_memory)
    return {"spool", FactState::kDegraded, text + ", in a tmpfs",
            "a folder on a disk, so that a reboot of the node loses nothing"};
  if (room.free + room.used < quota)
    return {"spool", FactState::kDegraded,
            text + ", but the disk has only " +
                std::to_string(room.free / kMebibyte) + " MiB left",
            "a smaller alerts.spool_megabytes, or a larger disk"};
  return {"spool", FactState::kOk, text, ""};
}

NodeFact ClusterFact(const KafkaCluster& cluster) {
  std::string text = std::to_string(cluster.brokers) + " brokers";
  bool fragile = false;
  for (const KafkaTopic& topic : cluster.topics) {
    if (!topic.error.empty())
      return {"kafka", FactState::kMissing,
              text + "; " + topic.name + ": " + topic.error,
              "make the topic, and let the sensor write to it (docs/soc.md)"};
    text += "; " + topic.name + ": " + std::to_string(topic.partitions) +
            " partitions, " + std::to_string(topic.replicas) + " replicas";
    fragile = fragile || topic.replicas < 2;
  }
  if (!fragile) return {"kafka", FactState::kOk, text, ""};
  return {"kafka", FactState::kDegraded, text,
          "a replication factor of 3, or what one broker holds is lost with "
          "it"};
}

std::vector<NodeFact> DeliveryFacts(const Settings& settings) {
  std::vector<NodeFact> facts = {AlertsFact(settings)};
  const bool to_kafka = !settings.kafka.brokers.empty();
  const auto names = AlertSinkNames(settings);
  const bool to_webhook =
      std::find(names.begin(), names.end(), "webhook") != names.end();
  if (!settings.spool.empty() || to_kafka || to_webhook)
    facts.push_back(SpoolFact(settings));
  if (to_kafka) {
    if (const auto limits = KafkaLimits(settings.kafka); !limits.empty())
      facts.push_back({"kafka library", FactState::kDegraded, limits, ""});
    AddWeaknesses("kafka security", WeaknessesOf(settings.kafka), facts);
    facts.push_back(KafkaFact(settings));
  }
  if (to_webhook)
    AddWeaknesses("webhook security", WeaknessesOf(settings.webhook), facts);
  return facts;
}

}  // namespace nameward
