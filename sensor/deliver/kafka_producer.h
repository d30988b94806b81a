// SPDX-License-Identifier: Apache-2.0
// One producer of librdkafka, made of the options and of the secrets as their
// files have them now.  What it promises for each message stands in
// kafka_options.cc; what becomes of a message that it lost is its owner's part.
//
// Threads: one calls it; its listener is called by a thread of the library.
#ifndef NAMEWARD_DELIVER_KAFKA_PRODUCER_H_
#define NAMEWARD_DELIVER_KAFKA_PRODUCER_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "deliver/kafka_options.h"

struct rd_kafka_s;
struct rd_kafka_op_s;  // an event

namespace nameward {

class KafkaListener {
 public:
  enum class Fate {
    kDelivered,  // on all in-sync replicas
    kRefused,    // for itself, whatever its neighbours are: too large, invalid
    kNoTopic,    // its topic is not there, or must not be written
    kFailed,
  };
  virtual ~KafkaListener() = default;
  virtual void OnReport(uint64_t tag, Fate fate, const std::string& why) = 0;
  // `fatal`: this producer will deliver nothing more.
  virtual void OnTrouble(const std::string& text, bool fatal) = 0;
};

struct KafkaMessage {
  const std::string& topic;
  std::string_view key;
  std::string_view value;
  WallTime time;
  std::span<const std::pair<const char*, std::string>> headers;
  uint64_t tag = 0;  // comes back with the report
};

struct KafkaTopic {
  std::string name;
  int partitions = 0;
  int replicas = 0;   // of the partition that has the fewest
  std::string error;  // empty: it is there
};
struct KafkaCluster {
  int brokers = 0;
  std::vector<KafkaTopic> topics;
};

class KafkaProducer {
 public:
  enum class Answer { kTaken, kFull, kTooLarge, kNoTopic, kFailed };

  // Connects in the background.  `further` properties win over the options'.
  static Result<std::unique_ptr<KafkaProducer>> Make(
      const KafkaOptions& options, const KafkaProperties& further,
      KafkaListener& listener, Clock& clock);
  // What is not delivered is dropped; nothing of it is reported any more.
  ~KafkaProducer();

  // A file that it was made of has changed.
  bool SecretsChanged() const;
  // Copies the message.  kNoTopic, kFailed: `why` says it.
  Answer Produce(const KafkaMessage& message, std::string& why);
  // Waits until all is delivered, or for `most`.
  void Flush(Nanoseconds most);
  // Asks the brokers, for `most` at most.
  Result<KafkaCluster> Describe(const std::vector<std::string>& topics,
                                Nanoseconds most);

 private:
  struct Destroy {
    void operator()(rd_kafka_s* producer) const;
  };
  KafkaProducer(const KafkaOptions& options, KafkaListener& listener,
                Clock& clock);
  Status Open(const KafkaProperties& further);

  // In a thread of the library:
  static void OnEvent(rd_kafka_s* producer, rd_kafka_op_s* event, void* self);
  static void OnTokenRefresh(rd_kafka_s* producer, const char*, void* self);
  void OnReports(rd_kafka_op_s* event);
  void OnError(rd_kafka_s* producer, rd_kafka_op_s* event);

  const KafkaOptions options_;
  const std::string secrets_;  // a fingerprint of their files
  KafkaListener& listener_;
  Clock& clock_;
  std::unique_ptr<rd_kafka_s, Destroy> producer_;
};

// That PropertiesOf's names and values are ones that librdkafka knows.
Status CheckKafkaOptions(const KafkaOptions& options);

// What the librdkafka at hand can't do of `options`, for people; empty: it can
// do all of it.
std::string KafkaLimits(const KafkaOptions& options);

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_KAFKA_PRODUCER_H_
