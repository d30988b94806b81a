// SPDX-License-Identifier: Apache-2.0
#include "deliver/telemetry.h"

#include <utility>

#include "deliver/secret_file.h"

namespace nameward {
namespace {

constexpr Nanoseconds kRebuildEvery = 1s;  // at most
constexpr Nanoseconds kWaitForRecords = 100ms;
constexpr Nanoseconds kWaitForRoom = 10ms;
constexpr Nanoseconds kDrain = 2s;

struct Kind {
  const char* type;
  const char* schema;
};
// By TelemetryStream.
constexpr Kind kKinds[] = {
    {"egress.dns.v1", "https://schema.ocsf.io/1.5.0/classes/dns_activity"},
    {"egress.connect.v1",
     "https://schema.ocsf.io/1.5.0/classes/network_activity"}};

// One broker's word is enough, larger batches cost it less, and what is half a
// minute late may go.
const KafkaProperties& Bulk() {
  static const KafkaProperties bulk = {
      {"enable.idempotence", "false"},
      {"acks", "1"},
      {"linger.ms", "100"},
      {"message.timeout.ms", "30000"},
      {"queue.buffering.max.kbytes",
       std::to_string(Telemetry::kMaxQueued / 1024)}};
  return bulk;
}

}  // namespace

Telemetry::Telemetry(const KafkaOptions& options, const TelemetryTopics& topics,
                     Clock& clock)
    : options_(options), topics_{topics.dns, topics.connect}, clock_(clock) {}

Telemetry::~Telemetry() { Stop(); }

Result<std::unique_ptr<Telemetry>> Telemetry::Make(
    const KafkaOptions& options, const TelemetryTopics& topics, Clock& clock) {
  if (options.brokers.empty())
    return Error{"telemetry", "a topic is named, but no broker",
                 "set kafka.brokers"};
  NW_RETURN_IF_ERROR(CheckKafkaOptions(options));
  return std::unique_ptr<Telemetry>(new Telemetry(options, topics, clock));
}

void Telemetry::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Telemetry::Stop() {
  deadline_ns_ = (clock_.Now() + kDrain).time_since_epoch().count();
  stopping_ = true;
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Telemetry::HasRoom(TelemetryStream stream) {
  const std::lock_guard lock(mutex_);
  if (queue_.bytes.size() < kMaxQueued) return true;
  TelemetryStats& stats = stats_[static_cast<size_t>(stream)];
  ++stats.offered, ++stats.dropped;
  return false;
}

void Telemetry::Offer(TelemetryStream stream, const RenderedAlert& record) {
  const Item item = {stream, record.time, record.uid.size(), record.key.size(),
                     record.text.size()};
  const size_t size = item.uid + item.key + item.text;
  const std::lock_guard lock(mutex_);
  TelemetryStats& stats = stats_[static_cast<size_t>(stream)];
  ++stats.offered;
  if (stopping_ || queue_.bytes.size() + size > kMaxQueued) {
    ++stats.dropped;
    return;
  }
  ++stats.queued;
  queue_.bytes.append(record.uid).append(record.key).append(record.text);
  queue_.items.push_back(item);
  if (queue_.items.size() == 1) changed_.notify_all();
}

void Telemetry::Run() {
  Batch batch;
  while (Take(batch)) Send(batch);
  if (producer_) producer_->Flush(kDrain);
  TearDown();
}

// False: the end, and nothing is left.
bool Telemetry::Take(Batch& batch) {
  batch.Clear();
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kWaitForRecords,
                        [this] { return stopping_ || !queue_.items.empty(); });
      std::swap(batch, queue_);
    }
    if (!batch.items.empty()) return true;
    if (stopping_) return false;
    (void)HasProducer();  // secrets are looked at while nothing comes, too
  }
}

void Telemetry::Send(const Batch& batch) {
  const char* bytes = batch.bytes.data();
  for (const Item& item : batch.items) {
    SendOne(item, bytes);
    bytes += item.uid + item.key + item.text;
  }
}

void Telemetry::SendOne(const Item& item, const char* bytes) {
  const auto stream = static_cast<size_t>(item.stream);
  const Kind& kind = kKinds[stream];
  const std::pair<const char*, std::string> headers[] = {
      {"ce_specversion", "1.0"},
      {"ce_id", std::string(bytes, item.uid)},
      {"ce_source", options_.source},
      {"ce_type", kind.type},
      {"ce_time", FormatRfc3339(item.time)},
      {"ce_dataschema", kind.schema},
      {"content-type", "application/json"}};
  const KafkaMessage message = {
      .topic = topics_[stream],
      .key = {bytes + item.uid, item.key},
      .value = {bytes + item.uid + item.key, item.text},
      .time = item.time,
      .headers = headers,
      .tag = stream};
  auto answer = KafkaProducer::Answer::kFull;
  while (answer == KafkaProducer::Answer::kFull && !GivesUp()) {
    if (HasProducer()) answer = Produce(message);
    if (answer == KafkaProducer::Answer::kTaken) return;
    std::unique_lock lock(mutex_);
    if (answer == KafkaProducer::Answer::kFull)
      changed_.wait_for(lock, kWaitForRoom);
  }
  Move(stream, &TelemetryStats::queued, &TelemetryStats::dropped);
}

KafkaProducer::Answer Telemetry::Produce(const KafkaMessage& message) {
  // First, for its report may come at once.
  Move(message.tag, &TelemetryStats::queued, &TelemetryStats::in_producer);
  std::string why;
  const auto answer = producer_->Produce(message, why);
  if (answer == KafkaProducer::Answer::kTaken) return answer;
  Move(message.tag, &TelemetryStats::in_producer, &TelemetryStats::queued);
  if (answer == KafkaProducer::Answer::kFailed ||
      answer == KafkaProducer::Answer::kNoTopic)
    OnTrouble(why, true);
  return answer;
}

// What is not there can't go, and the ledger will not close.
void Telemetry::Move(size_t stream, Place from, Place to) {
  const std::lock_guard lock(mutex_);
  TelemetryStats& stats = stats_[stream];
  if (stats.*from > 0) --(stats.*from);
  ++(stats.*to);
}

bool Telemetry::GivesUp() const {
  return stopping_ && clock_.Now().time_since_epoch().count() >= deadline_ns_;
}

bool Telemetry::HasProducer() {
  const BootTime now = clock_.Now();
  if (producer_ && now - secrets_looked_at_ >= kLookAtSecretsEvery) {
    secrets_looked_at_ = now;
    if (producer_->SecretsChanged()) {
      producer_->Flush(kDrain);
      rebuild_ = true;
    }
  }
  if (producer_ && !rebuild_) return true;
  TearDown();
  if (now - built_ < kRebuildEvery && built_ != BootTime{}) return false;
  built_ = now;
  rebuild_ = false;
  auto producer = KafkaProducer::Make(options_, Bulk(), *this, clock_);
  if (producer)
    producer_ = std::move(*producer);
  else
    OnTrouble(producer.error().ToString(), false);
  return producer_ != nullptr;
}

// What it still had goes with it.
void Telemetry::TearDown() {
  if (!producer_) return;
  producer_.reset();
  const std::lock_guard lock(mutex_);
  for (TelemetryStats& stats : stats_)
    stats.dropped += std::exchange(stats.in_producer, 0);
}

void Telemetry::OnReport(uint64_t tag, Fate fate, const std::string& why) {
  Move(tag, &TelemetryStats::in_producer,
       fate == Fate::kDelivered ? &TelemetryStats::sent
                                : &TelemetryStats::dropped);
  const std::lock_guard lock(mutex_);
  trouble_ = fate == Fate::kDelivered ? std::string() : why;
}

void Telemetry::OnTrouble(const std::string& text, bool fatal) {
  if (fatal) rebuild_ = true;
  const std::lock_guard lock(mutex_);
  trouble_ = text;
}

TelemetryStats Telemetry::stats(TelemetryStream stream) const {
  const std::lock_guard lock(mutex_);
  return stats_[static_cast<size_t>(stream)];
}

std::string Telemetry::Trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace nameward
