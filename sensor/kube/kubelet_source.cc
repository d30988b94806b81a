// SPDX-License-Identifier: Apache-2.0
#include "kube/kubelet_source.h"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

#include "base/hash.h"
#include "kube/pod_refresher.h"
#include "kube/poll_schedule.h"

namespace nameward {
namespace {

class PollingSource final : public PodSource {
 public:
  PollingSource(std::unique_ptr<PodFetch> fetch, size_t max_answer,
                Nanoseconds period, Clock& clock)
      : fetch_(std::move(fetch)),
        clock_(clock),
        refresher_(*fetch_, clock, max_answer),
        schedule_(clock.Now(), period, HashText("poll")) {}
  ~PollingSource() override { Stop(); }

  void Start(Sink sink) override {
    sink_ = std::move(sink);
    thread_ = std::thread([this] { Run(); });
  }
  void Stop() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    fetch_->Cancel();
    if (thread_.joinable()) thread_.join();
  }
  void Ask() override {
    {
      const std::lock_guard lock(mutex_);
      schedule_.Asked();
    }
    wake_.notify_all();
  }
  PodSourceStatus status() const override { return refresher_.status(); }

 private:
  void Run();
  // Waits until a look is due; false: the source is stopped.  The lock is held.
  bool WaitUntilDue(std::unique_lock<std::mutex>& lock);

  const std::unique_ptr<PodFetch> fetch_;
  Clock& clock_;
  PodRefresher refresher_;
  Sink sink_;
  std::mutex mutex_;  // guards the two below
  PollSchedule schedule_;
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

bool PollingSource::WaitUntilDue(std::unique_lock<std::mutex>& lock) {
  while (!stopping_) {
    const Nanoseconds wait = schedule_.due() - clock_.Now();
    if (wait.count() <= 0) return true;
    wake_.wait_for(lock, wait);
  }
  return false;
}

void PollingSource::Run() {
  // OpenSSL writes with write(2): a peer that went away must not end us.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  std::unique_lock lock(mutex_);
  while (WaitUntilDue(lock)) {
    schedule_.Began(clock_.Now());
    lock.unlock();
    PodRefresher::Look look = refresher_.Poll();
    // Empty: the same as before, which also is news of who is still there.
    if (look.well) sink_(std::move(look.changed).value_or(""));
    lock.lock();
    schedule_.Ended(clock_.Now(), look.well);
  }
}

}  // namespace

std::unique_ptr<PodSource> NewPollingSource(std::unique_ptr<PodFetch> fetch,
                                            size_t max_answer,
                                            Nanoseconds period, Clock& clock) {
  return std::make_unique<PollingSource>(std::move(fetch), max_answer, period,
                                         clock);
}

Result<std::unique_ptr<PodSource>> NewKubeletSource(KubeletOptions options,
                                                    Nanoseconds period,
                                                    Clock& clock) {
  const size_t max_answer =
      std::min(options.max_answer, KubeletOptions::kMaxAnswer);
  auto client = NewKubeletClient(std::move(options));
  if (!client) return client.error();
  return NewPollingSource(std::move(*client), max_answer, period, clock);
}

}  // namespace nameward
