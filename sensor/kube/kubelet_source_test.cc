// SPDX-License-Identifier: Apache-2.0
#include "kube/kubelet_source.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <deque>

#include "kube/kubelet_testing.h"
#include "kube/pod_list_testing.h"
#include "kube/pod_refresher.h"

namespace nameward {
namespace {

using ::testing::HasSubstr;

struct StillClock final : Clock {
  BootTime Now() override { return now; }
  ClockOffset Offset() override { return {}; }
  BootTime now{1h};
};

// Answers from a list, then the last one for ever.
class ScriptedFetch final : public PodFetch {
 public:
  struct Reply {
    PodPoll poll = PodPoll::kChanged;
    std::string body;
  };
  explicit ScriptedFetch(std::deque<Reply> replies)
      : replies_(std::move(replies)) {}

  std::optional<FetchFailure> Fetch(AnswerBuffer& answer) override {
    const Reply reply = replies_.front();
    if (replies_.size() > 1) replies_.pop_front();
    if (reply.poll != PodPoll::kChanged)
      return FetchFailure{reply.poll, Error{"kubelet", "bad", "mend it"}};
    EXPECT_TRUE(answer.Append(reply.body));
    return std::nullopt;
  }
  void Cancel() override {}

 private:
  std::deque<Reply> replies_;
};

std::string ListOf(const std::string& name) {
  return R"({"items":[{"metadata":{"uid":"u","name":")" + name + "\"}}]}";
}

uint64_t Count(const PodSourceStatus& status, PodPoll poll) {
  return status.polls[static_cast<size_t>(poll)];
}

TEST(PodRefresher, HandsOutAListOnlyWhenItChanged) {
  ScriptedFetch fetch({{.body = ListOf("a")},
                       {.body = " " + ListOf("a")},
                       {.body = ListOf("b")}});
  StillClock clock;
  PodRefresher refresher(fetch, clock, 1024);
  EXPECT_EQ(refresher.Poll().changed, Reduced(MustParse(ListOf("a"))));
  EXPECT_FALSE(refresher.Poll().changed);
  EXPECT_EQ(refresher.Poll().changed, Reduced(MustParse(ListOf("b"))));
  EXPECT_EQ(Count(refresher.status(), PodPoll::kChanged), 2U);
  EXPECT_EQ(Count(refresher.status(), PodPoll::kUnchanged), 1U);
}

TEST(PodRefresher, HandsOutAnEmptyFirstList) {
  ScriptedFetch fetch({{.body = R"({"items":null})"}});
  StillClock clock;
  PodRefresher refresher(fetch, clock, 1024);
  EXPECT_TRUE(refresher.Poll().changed);
  EXPECT_TRUE(refresher.status().synced);
}

TEST(PodRefresher, CountsEveryOutcomeAndSaysWhatIsWrong) {
  for (size_t i = 2; i < kPodPollCount; ++i) {
    const auto poll = static_cast<PodPoll>(i);
    ScriptedFetch fetch({{.poll = poll}, {.body = ListOf("a")}});
    StillClock clock;
    PodRefresher refresher(fetch, clock, 1024);
    EXPECT_FALSE(refresher.Poll().well);
    EXPECT_EQ(Count(refresher.status(), poll), 1U) << ToString(poll);
    EXPECT_EQ(refresher.status().trouble, "kubelet: bad (mend it)");
    EXPECT_FALSE(refresher.status().last_good);
    EXPECT_TRUE(refresher.Poll().well);
    EXPECT_EQ(refresher.status().trouble, "");
    EXPECT_EQ(refresher.status().last_good, clock.now);
  }
}

TEST(PodRefresher, KeepsTheOldListWhenTheAnswerIsNone) {
  ScriptedFetch fetch(
      {{.body = ListOf("a")}, {.body = "{\"items\":["}, {.body = ListOf("a")}});
  StillClock clock;
  PodRefresher refresher(fetch, clock, 1024);
  EXPECT_TRUE(refresher.Poll().changed);
  EXPECT_FALSE(refresher.Poll().well);
  EXPECT_EQ(Count(refresher.status(), PodPoll::kBadAnswer), 1U);
  EXPECT_THAT(refresher.status().trouble, HasSubstr("no valid JSON"));
  EXPECT_FALSE(refresher.Poll().changed);
}

// What a source hands out, waited for.
class Received {
 public:
  PodSource::Sink Sink() {
    return [this](std::string pods) {
      const std::lock_guard lock(mutex_);
      lists_.push_back(std::move(pods));
      came_.notify_all();
    };
  }
  // The next list; what was the same as before is passed over.
  std::string Take() {
    std::string list;
    do list = TakeAny();
    while (list.empty() && !::testing::Test::HasFailure());
    return list;
  }
  std::string TakeAny() {
    std::unique_lock lock(mutex_);
    if (!came_.wait_for(lock, 60s, [this] { return !lists_.empty(); })) {
      ADD_FAILURE() << "no list came";
      return "";
    }
    std::string list = std::move(lists_.front());
    lists_.pop_front();
    return list;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::string> lists_;
};

TEST(KubeletSource, LooksAgainWhenAsked) {
  SystemClock clock;
  Received received;
  auto source = NewPollingSource(
      std::make_unique<ScriptedFetch>(std::deque<ScriptedFetch::Reply>{
          {.body = ListOf("a")}, {.body = ListOf("b")}}),
      1024, 24h, clock);
  source->Start(received.Sink());
  EXPECT_THAT(received.Take(), HasSubstr("\"a\""));
  source->Ask();
  EXPECT_THAT(received.Take(), HasSubstr("\"b\""));
}

TEST(KubeletSource, SaysThatNothingHasChanged) {
  SystemClock clock;
  Received received;
  auto source = NewPollingSource(
      std::make_unique<ScriptedFetch>(std::deque<ScriptedFetch::Reply>{
          {.body = ListOf("a")}, {.body = ListOf("a")}}),
      1024, 24h, clock);
  source->Start(received.Sink());
  EXPECT_THAT(received.TakeAny(), HasSubstr("\"a\""));
  source->Ask();
  EXPECT_EQ(received.TakeAny(), "");
}

TEST(KubeletSource, FollowsARestartedContainerAndARotatedToken) {
  const auto list = [](const std::string& ids) {
    return R"({"items":[{"metadata":{"uid":"u","name":"p"},"status":)"
           R"({"containerStatuses":[{"name":"c",)" +
           ids + "}]}}]}";
  };
  const std::string before = list(R"("containerID":"containerd://old")");
  const std::string after =
      list(R"("containerID":"containerd://new","lastState":{"terminated":)"
           R"({"containerID":"containerd://old"}})");
  const KubeletLab lab;
  FakeKubelet kubelet(TlsServer(lab.node), [&](const httplib::Request& request,
                                               httplib::Response& response) {
    const std::string token = request.get_header_value("Authorization");
    if (token == "Bearer expired") response.status = 401;
    response.set_content(token == "Bearer the-token" ? before : after, "");
  });
  SystemClock clock;
  Received received;
  auto source = NewKubeletSource(lab.Options(kubelet.port()), 10ms, clock);
  ASSERT_TRUE(source);
  (*source)->Start(received.Sink());
  EXPECT_EQ(received.Take(), Reduced(MustParse(before)));
  lab.folder.Write("token", "expired");
  while (Count((*source)->status(), PodPoll::kUnauthorized) == 0)
    std::this_thread::yield();
  EXPECT_THAT((*source)->status().trouble, HasSubstr("answered 401"));
  lab.folder.Write("token", "rotated");
  EXPECT_EQ(received.Take(), Reduced(MustParse(after)));
  EXPECT_EQ((*source)->status().trouble, "");
}

TEST(KubeletSource, StopsWhileAKubeletKeepsItWaiting) {
  const KubeletLab lab;
  std::mutex mutex;
  std::condition_variable changed;
  bool asked = false;
  bool over = false;
  FakeKubelet kubelet(TlsServer(lab.node),
                      [&](const httplib::Request&, httplib::Response&) {
                        std::unique_lock lock(mutex);
                        asked = true;
                        changed.notify_all();
                        changed.wait(lock, [&] { return over; });
                      });
  SystemClock clock;
  KubeletOptions options = lab.Options(kubelet.port());
  options.time_limit = 1h;
  auto source = NewKubeletSource(options, 10s, clock);
  (*source)->Start([](const std::string&) {});
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return asked; });
  }
  (*source)->Stop();
  const std::lock_guard lock(mutex);
  over = true;
  changed.notify_all();
}

}  // namespace
}  // namespace nameward
