// SPDX-License-Identifier: Apache-2.0
#include "deliver/kafka_sink.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "deliver/kafka_producer.h"
#include "deliver/secret_file.h"

namespace nameward {
namespace {

constexpr Nanoseconds kRebuildEvery = 1s;  // at most
constexpr Nanoseconds kFlush = 2s;
// Whether a trouble is over, while no alert shows it, and for how long to ask.
constexpr Nanoseconds kAskEvery = 3s;
constexpr Nanoseconds kAsk = 1s;
// How long alerts go one by one after one was refused for itself.
constexpr Nanoseconds kAloneFor = 1min;

// A message's position in the spool, and whether it is a dry run.
uint64_t TagOf(const SpooledAlert& alert) {
  return alert.position << 1 | (alert.alert.dry_run ? 1 : 0);
}
bool IsDryRun(uint64_t tag) { return (tag & 1) != 0; }
uint64_t PositionOf(uint64_t tag) { return tag >> 1; }

class KafkaSink final : public SpooledSink, KafkaListener {
 public:
  KafkaSink(const KafkaOptions& options, std::string spool_id, Clock& clock)
      : options_(options), spool_id_(std::move(spool_id)), clock_(clock) {}
  ~KafkaSink() override { Stop(); }

  void Start(Acknowledge acknowledge) override {
    acknowledge_ = std::move(acknowledge);
  }
  bool Offer(const SpooledAlert& alert) override;
  void Wait(Nanoseconds most) override;
  bool WantsRewind() override { return std::exchange(wants_rewind_, false); }
  void Stop() override { TearDown(Trouble().empty()); }
  std::string Trouble() const override;

 private:
  bool HasProducer();
  Status Build();
  void TearDown(bool flush);
  bool IsCurrent(BootTime now);
  bool WantsAlone(BootTime now) const;
  void AskWhetherTroubleIsOver();
  KafkaProducer::Answer Produce(const SpooledAlert& alert, std::string& why);

  void OnReport(uint64_t tag, Fate fate, const std::string& why) override;
  void OnTrouble(const std::string& text, bool fatal) override;

  const KafkaOptions options_;
  const std::string spool_id_;
  Clock& clock_;
  Acknowledge acknowledge_;
  std::unique_ptr<KafkaProducer> producer_;
  BootTime built_{};
  BootTime looked_at_{};
  BootTime asked_{};
  bool wants_rewind_ = false;
  bool alone_ = false;  // this producer sends one alert at a time
  std::atomic<bool> rebuild_{false};
  std::atomic<int64_t> refused_ns_{0};  // when the last refusal came; 0: never
  mutable std::mutex mutex_;            // guards trouble_
  std::condition_variable room_;
  std::string trouble_;
};

bool KafkaSink::HasProducer() {
  const BootTime now = clock_.Now();
  if (producer_ && !rebuild_ && IsCurrent(now)) return true;
  if (producer_) TearDown(!rebuild_);
  if (now - built_ < kRebuildEvery && built_ != BootTime{}) return false;
  built_ = now;
  rebuild_ = false;
  const Status built = Build();
  if (!built) OnTrouble(built.error().ToString(), false);
  return producer_ != nullptr;
}

// Of the secrets as they are, and with batches unless one was refused lately.
bool KafkaSink::IsCurrent(BootTime now) {
  if (now - looked_at_ < kLookAtSecretsEvery) return true;
  looked_at_ = now;
  return !producer_->SecretsChanged() && (!alone_ || WantsAlone(now));
}

bool KafkaSink::WantsAlone(BootTime now) const {
  return refused_ns_ != 0 &&
         now.time_since_epoch() - Nanoseconds(refused_ns_) < kAloneFor;
}

Status KafkaSink::Build() {
  KafkaProperties further;
  alone_ = WantsAlone(clock_.Now());
  if (alone_) further.emplace_back("batch.num.messages", "1");
  auto producer = KafkaProducer::Make(options_, further, *this, clock_);
  if (!producer) return producer.error();
  producer_ = std::move(*producer);
  return Ok();
}

// Everything unacknowledged will come again.
void KafkaSink::TearDown(bool flush) {
  if (!producer_) return;
  if (flush) producer_->Flush(kFlush);
  producer_.reset();
  wants_rewind_ = true;
}

bool KafkaSink::Offer(const SpooledAlert& alert) {
  if (wants_rewind_ || !HasProducer() || wants_rewind_) return false;
  std::string why;
  const KafkaProducer::Answer answer = Produce(alert, why);
  using enum KafkaProducer::Answer;
  const bool homeless = answer == kNoTopic && alert.alert.dry_run;
  if (answer == kFailed || answer == kNoTopic) OnTrouble(why, !homeless);
  if (answer == kTooLarge || homeless)
    acknowledge_(alert.position, Spool::Outcome::kRefused);
  return answer == kTaken || answer == kTooLarge || homeless;
}

// With the headers of CloudEvents 1.0, Kafka protocol binding 3.2 (binary), and
// of its sequence extension; what a consumer may want to filter by besides.
KafkaProducer::Answer KafkaSink::Produce(const SpooledAlert& spooled,
                                         std::string& why) {
  const RenderedAlert& alert = spooled.alert;
  const std::pair<const char*, std::string> headers[] = {
      {"ce_specversion", "1.0"},
      {"ce_id", alert.uid},
      {"ce_source", options_.source},
      {"ce_type", "egress.finding.v1"},
      {"ce_subject", alert.rule},
      {"ce_time", FormatRfc3339(alert.time)},
      {"ce_dataschema", options_.data_schema},
      {"ce_sequence", std::to_string(spooled.sequence)},
      {"ce_spool", spool_id_},
      {"content-type", "application/json"},
      {"severity", std::string(ToString(alert.severity))},
      {"dedup_id", alert.finding_uid}};
  return producer_->Produce(
      {.topic = alert.dry_run ? options_.dry_run_topic : options_.topic,
       .key = alert.key,
       .value = alert.text,
       .time = alert.time,
       .headers = headers,
       .tag = TagOf(spooled)},
      why);
}

void KafkaSink::Wait(Nanoseconds most) {
  if (most <= Nanoseconds(0)) {
    // Secrets are looked at while nothing comes, too.
    if (HasProducer()) AskWhetherTroubleIsOver();
    return;
  }
  std::unique_lock lock(mutex_);
  room_.wait_for(lock, most);
}

// A broker that was away for a minute is no trouble on a node without alerts.
void KafkaSink::AskWhetherTroubleIsOver() {
  const BootTime now = clock_.Now();
  if (now - asked_ < kAskEvery || Trouble().empty()) return;
  asked_ = now;
  const auto cluster = producer_->Describe({options_.topic}, kAsk);
  if (!cluster || !cluster->topics.at(0).error.empty()) return;
  const std::lock_guard lock(mutex_);
  trouble_.clear();
}

// A topic for dry runs that nobody made costs dry runs, and no alert its time.
void KafkaSink::OnReport(uint64_t tag, Fate fate, const std::string& why) {
  const bool homeless = fate == Fate::kNoTopic && IsDryRun(tag);
  if (fate == Fate::kRefused)
    refused_ns_ = clock_.Now().time_since_epoch().count();
  if (fate == Fate::kDelivered) {
    const std::lock_guard lock(mutex_);
    trouble_.clear();
  }
  // In a batch the refusal may be another's.
  if (fate == Fate::kFailed || (fate == Fate::kNoTopic && !homeless) ||
      (fate == Fate::kRefused && !alone_))
    return OnTrouble(why, true);
  if (homeless) OnTrouble(why, false);
  acknowledge_(PositionOf(tag), fate == Fate::kDelivered
                                    ? Spool::Outcome::kDelivered
                                    : Spool::Outcome::kRefused);
  room_.notify_one();
}

void KafkaSink::OnTrouble(const std::string& text, bool fatal) {
  if (fatal) rebuild_ = true;
  {
    const std::lock_guard lock(mutex_);
    trouble_ = text;
  }
  room_.notify_one();
}

std::string KafkaSink::Trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace

Result<std::unique_ptr<SpooledSink>> MakeKafkaSink(const KafkaOptions& options,
                                                   const std::string& spool_id,
                                                   Clock& clock) {
  NW_RETURN_IF_ERROR(CheckKafkaOptions(options));
  return std::unique_ptr<SpooledSink>(
      std::make_unique<KafkaSink>(options, spool_id, clock));
}

}  // namespace nameward
