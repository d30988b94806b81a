// SPDX-License-Identifier: Apache-2.0
#include "deliver/webhook_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <poll.h>

#include <csignal>
#include <functional>
#include <list>
#include <set>
#include <thread>

#include "base/raw_peer_testing.h"
#include "deliver/delivery.h"
#include "deliver/spool_testing.h"

namespace nameward {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class SetClock final : public Clock {
 public:
  BootTime Now() override { return now; }
  ClockOffset Offset() override { return {}; }
  BootTime now = BootTime(1h);
};

// A server of the test's own, which answers as `answer` says.
class Receiver {
 public:
  using Handler = std::function<void(int number, httplib::Response&)>;

  explicit Receiver(Handler answer) : answer_(std::move(answer)) {
    server_.Post("/hook", [this](const httplib::Request& request,
                                 httplib::Response& response) {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      answer_(static_cast<int>(requests_.size()), response);
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Receiver() {
    server_.stop();
    thread_.join();
  }
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/hook";
  }
  std::vector<httplib::Request> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  const Handler answer_;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<httplib::Request> requests_;
};

Receiver::Handler Always(int status) {
  return [=](int, httplib::Response& response) { response.status = status; };
}

SpooledAlert Alert(uint64_t position) {
  SpooledAlert alert;
  alert.position = position;
  alert.sequence = position + 100;
  alert.alert.uid = "id-" + std::to_string(position);
  alert.alert.rule = "a rule";
  alert.alert.severity = Severity::kHigh;
  alert.alert.text = "{\"n\":" + std::to_string(position) + "}";
  return alert;
}

class WebhookSinkTest : public testing::Test {
 protected:
  void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }
  Receiver& Listen(Receiver::Handler answer) {
    return receivers_.emplace_back(std::move(answer));
  }
  SpooledSink& Open(const std::string& url) {
    WebhookOptions options;
    options.url = url;
    options.timeout = 2s;
    options.source = "/nodes/worker-7/nameward";
    return Open(options);
  }
  SpooledSink& Open(const WebhookOptions& options) {
    auto sink = MakeWebhookSink(options, "spool-1", clock_);
    if (!sink) std::abort();
    sink_ = std::move(*sink);
    sink_->Start([this](uint64_t position, Spool::Outcome outcome) {
      acknowledged_.emplace_back(position, outcome);
    });
    return *sink_;
  }

  SetClock clock_;
  // Closed after the connection to it: a server waits for those that it keeps.
  std::list<Receiver> receivers_;
  std::unique_ptr<SpooledSink> sink_;
  std::vector<std::pair<uint64_t, Spool::Outcome>> acknowledged_;
};

constexpr auto kDelivered = Spool::Outcome::kDelivered;
constexpr auto kRefused = Spool::Outcome::kRefused;

TEST_F(WebhookSinkTest, PostsEachAlertWithItsCloudEventsAttributes) {
  Receiver& receiver = Listen(Always(202));
  SpooledSink& sink = Open(receiver.url());
  EXPECT_TRUE(sink.Offer(Alert(1)));
  EXPECT_THAT(acknowledged_, ElementsAre(std::pair(1, kDelivered)));
  const auto request = receiver.requests().at(0);
  EXPECT_EQ(request.body, R"({"n":1})");
  EXPECT_EQ(request.get_header_value("Content-Type"), "application/json");
  EXPECT_EQ(request.get_header_value("ce-specversion"), "1.0");
  EXPECT_EQ(request.get_header_value("ce-id"), "id-1");
  EXPECT_EQ(request.get_header_value("ce-type"), "egress.finding.v1");
  EXPECT_EQ(request.get_header_value("ce-source"), "/nodes/worker-7/nameward");
  EXPECT_EQ(request.get_header_value("ce-sequence"), "101");
  EXPECT_EQ(request.get_header_value("ce-spool"), "spool-1");
  EXPECT_EQ(request.get_header_value("severity"), "high");
  EXPECT_FALSE(request.has_header("dry-run"));
}

TEST_F(WebhookSinkTest, KeepsItsConnection) {
  Receiver& receiver = Listen(Always(200));
  SpooledSink& sink = Open(receiver.url());
  for (uint64_t i = 0; i < 4; ++i) EXPECT_TRUE(sink.Offer(Alert(i)));
  std::set<int> ports;
  for (const auto& request : receiver.requests())
    ports.insert(request.remote_port);
  EXPECT_EQ(ports.size(), 1U);
}

TEST_F(WebhookSinkTest, GivesUpOnlyWhatTheServerRefusesForItself) {
  for (const int status : {400, 405, 410, 413, 415, 422, 451}) {
    Receiver& receiver = Listen(Always(status));
    acknowledged_.clear();
    EXPECT_TRUE(Open(receiver.url()).Offer(Alert(1))) << status;
    EXPECT_THAT(acknowledged_, ElementsAre(std::pair(1, kRefused))) << status;
  }
}

TEST_F(WebhookSinkTest, KeepsWhatTheServerCanNotTakeNow) {
  for (const int status :
       {301, 401, 403, 404, 407, 408, 429, 500, 502, 503, 504}) {
    Receiver& receiver = Listen(Always(status));
    SpooledSink& sink = Open(receiver.url());
    EXPECT_FALSE(sink.Offer(Alert(1))) << status;
    EXPECT_THAT(sink.Trouble(), HasSubstr(std::to_string(status)));
  }
  EXPECT_TRUE(acknowledged_.empty());
}

TEST_F(WebhookSinkTest, AsksAgainAfterAPauseThatGrows) {
  Receiver& receiver = Listen([](int number, httplib::Response& response) {
    response.status = number <= 8 ? 503 : 200;
  });
  SpooledSink& sink = Open(receiver.url());
  Nanoseconds pause = 500ms;
  for (size_t tries = 1; tries <= 8; ++tries) {
    EXPECT_FALSE(sink.Offer(Alert(1)));
    clock_.now += pause / 2 - Nanoseconds(1);
    EXPECT_FALSE(sink.Offer(Alert(1)));
    EXPECT_EQ(receiver.requests().size(), tries);  // too early: not asked
    clock_.now += pause / 2 + Nanoseconds(1);
    pause = std::min<Nanoseconds>(pause * 2, 30s);
  }
  EXPECT_TRUE(sink.Offer(Alert(1)));
  EXPECT_EQ(sink.Trouble(), "");
  EXPECT_THAT(acknowledged_, ElementsAre(std::pair(1, kDelivered)));
}

TEST_F(WebhookSinkTest, WaitsAsLongAsTheServerAsks) {
  Receiver& receiver = Listen([](int number, httplib::Response& response) {
    response.status = number == 1 ? 429 : 200;
    response.set_header("Retry-After", "90");
  });
  SpooledSink& sink = Open(receiver.url());
  EXPECT_FALSE(sink.Offer(Alert(1)));
  clock_.now += 89s;
  EXPECT_FALSE(sink.Offer(Alert(1)));
  EXPECT_EQ(receiver.requests().size(), 1U);
  clock_.now += 1s;
  EXPECT_TRUE(sink.Offer(Alert(1)));
}

TEST_F(WebhookSinkTest, SaysThatNobodyListens) {
  std::string url;
  {
    Receiver gone(Always(200));
    url = gone.url();
  }
  SpooledSink& sink = Open(url);
  EXPECT_FALSE(sink.Offer(Alert(1)));
  EXPECT_THAT(sink.Trouble(), HasSubstr("127.0.0.1"));
}

TEST_F(WebhookSinkTest, ReadsNoEndlessAnswer) {
  Receiver& receiver = Listen([](int, httplib::Response& response) {
    response.set_content_provider(
        size_t{64} << 20, "text/plain",
        [](size_t, size_t length, httplib::DataSink& sink) {
          const std::string piece(std::min<size_t>(length, 1 << 16), 'x');
          return sink.write(piece.data(), piece.size());
        });
  });
  EXPECT_TRUE(Open(receiver.url()).Offer(Alert(1)));
  EXPECT_THAT(acknowledged_, ElementsAre(std::pair(1, kDelivered)));
}

constexpr char kHeadersThatDrip[] = "X-More: and more\r\n";

TEST_F(WebhookSinkTest, GivesARequestSoMuchTimeAndNoMore) {
  const RawPeer peer("HTTP/1.1 200 OK\r\n", kHeadersThatDrip,
                     RawPeer::Pace::kDrip);
  SpooledSink& sink =
      Open({.url = "http://127.0.0.1:" + std::to_string(peer.port()),
            .timeout = 200ms});
  EXPECT_FALSE(sink.Offer(Alert(1)));
  EXPECT_THAT(sink.Trouble(), HasSubstr("within webhook.timeout"));
  EXPECT_TRUE(acknowledged_.empty());
}

TEST_F(WebhookSinkTest, TakesBackARequestThatIsCancelled) {
  const RawPeer peer("HTTP/1.1 200 OK\r\n", kHeadersThatDrip,
                     RawPeer::Pace::kDrip);
  SpooledSink& sink =
      Open({.url = "http://127.0.0.1:" + std::to_string(peer.port()),
            .timeout = 1h});
  std::thread canceller([&] { sink.Cancel(); });
  EXPECT_FALSE(sink.Offer(Alert(1)));
  EXPECT_FALSE(sink.Offer(Alert(1)));
  canceller.join();
  EXPECT_TRUE(acknowledged_.empty());
}

TEST_F(WebhookSinkTest, KeepsItsTimeOnAConnectionUsedBefore) {
  Receiver& receiver = Listen([](int number, httplib::Response& response) {
    if (number == 1) return;
    response.set_content_provider(size_t{1} << 20, "text/plain",
                                  [](size_t, size_t, httplib::DataSink& sink) {
                                    poll(nullptr, 0, 20);
                                    return sink.write("x", 1);
                                  });
  });
  SpooledSink& sink = Open({.url = receiver.url(), .timeout = 300ms});
  EXPECT_TRUE(sink.Offer(Alert(1)));
  EXPECT_TRUE(sink.Offer(Alert(2)));  // its status has come
  EXPECT_EQ(acknowledged_.size(), 2U);
}

TEST_F(WebhookSinkTest, LetsNoRuleWriteAHeader) {
  Receiver& receiver = Listen(Always(200));
  SpooledAlert alert = Alert(1);
  alert.alert.rule = "a\r\nX-Injected: yes \xc3\xa9\"%";
  EXPECT_TRUE(Open(receiver.url()).Offer(alert));
  const auto request = receiver.requests().at(0);
  EXPECT_FALSE(request.has_header("X-Injected"));
  // The server has decoded it.
  EXPECT_EQ(request.get_header_value("ce-subject"), alert.alert.rule);
}

TEST(Delivery, StopsInTimeThoughAServerDrips) {
  const RawPeer peer("HTTP/1.1 200 OK\r\n", kHeadersThatDrip,
                     RawPeer::Pace::kDrip);
  SystemClock clock;
  WebhookOptions options;
  options.url = "http://127.0.0.1:" + std::to_string(peer.port());
  options.timeout = 1h;
  std::vector<std::unique_ptr<SpooledSink>> sinks;
  sinks.push_back(*MakeWebhookSink(options, "spool-1", clock));
  Delivery delivery(Spool::InMemory(TestOptions()), std::move(sinks),
                    {"webhook"}, clock);
  delivery.Start();
  ASSERT_TRUE(delivery.Offer(TestAlert(0)));
  while (delivery.Report().sinks[0].ledger.in_flight == 0)
    std::this_thread::yield();
  const BootTime before = clock.Now();
  delivery.Stop();
  EXPECT_LT(clock.Now() - before, Delivery::kDrain + 2s);
}

TEST(WebhookOptions, EncodesWhatAHeaderCanNotHold) {
  EXPECT_EQ(PercentEncoded("a\r\nX: yes \xc3\xa9\"%"),
            "a%0D%0AX:%20yes%20%C3%A9%22%25");
}

std::string WhyNot(const WebhookOptions& options) {
  const auto target = TargetOf(options);
  return target ? "" : target.error().ToString();
}

TEST(WebhookOptions, TakesUrlsApart) {
  const auto target = [](const std::string& url) {
    const auto found = TargetOf({.url = url});
    if (!found) return found.error().ToString();
    return std::string(found->tls ? "tls " : "") + found->host + " " +
           std::to_string(found->port) + " " + found->path;
  };
  EXPECT_EQ(target("https://soc.example"), "tls soc.example 443 /");
  EXPECT_EQ(target("https://soc.example:8443/a/b?c=d#e"),
            "tls soc.example 8443 /a/b?c=d");
  EXPECT_EQ(target("http://[2001:db8::1]:80/x"), "2001:db8::1 80 /x");
  EXPECT_EQ(target("https://[::1]?q"), "tls ::1 443 /?q");
}

TEST(WebhookOptions, RefusesWhatIsUnsafeOrNoUrl) {
  for (const char* url :
       {"", "soc.example", "ftp://x", "https://", "https:///x", "https://x:0/",
        "https://x:70000/", "https://x:y/", "https://x/ y",
        "https://x/\r\nHost: y"})
    EXPECT_NE(WhyNot({.url = url}), "") << url;
  EXPECT_THAT(WhyNot({.url = "https://me:secret@x/"}), Not(HasSubstr("me:")));
  EXPECT_THAT(WhyNot({.url = "http://x/", .token_file = "t"}),
              HasSubstr("in clear"));
  EXPECT_NE(WhyNot({.url = "https://x/", .cert_file = "c"}), "");
  EXPECT_NE(WhyNot({.url = "https://x/", .key_file = "k"}), "");
}

}  // namespace
}  // namespace nameward
