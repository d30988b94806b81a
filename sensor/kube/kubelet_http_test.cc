// SPDX-License-Identifier: Apache-2.0
// What is sent, and what every kind of answer comes to.
#include <gmock/gmock.h>

#include "kube/kubelet_testing.h"

namespace nameward {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class KubeletHttpTest : public ::testing::Test {
 protected:
  Fetched Ask(FakeKubelet::Handler handler) {
    FakeKubelet kubelet(TlsServer(lab_.node), std::move(handler));
    return FetchOnce(lab_.Options(kubelet.port()));
  }
  KubeletLab lab_;
};

TEST_F(KubeletHttpTest, SendsTheTokenAndTheNodesName) {
  FakeKubelet kubelet(TlsServer(lab_.node), Answer(200, "{}"));
  EXPECT_EQ(FetchOnce(lab_.Options(kubelet.port())).poll(), PodPoll::kChanged);
  EXPECT_EQ(kubelet.authorization(), "Bearer the-token");
  EXPECT_EQ(kubelet.host(), "node-1:" + std::to_string(kubelet.port()));
}

TEST_F(KubeletHttpTest, ReadsTheTokenAnewForEachRequest) {
  FakeKubelet kubelet(TlsServer(lab_.node), Answer(200, "{}"));
  auto client = NewKubeletClient(lab_.Options(kubelet.port()));
  AnswerBuffer answer(1024);
  EXPECT_FALSE((*client)->Fetch(answer));
  lab_.folder.Write("token", " \n rotated \r\n");
  EXPECT_FALSE((*client)->Fetch(answer));
  EXPECT_EQ(kubelet.authorization(), "Bearer rotated");
}

TEST_F(KubeletHttpTest, NeverPutsATokenIntoAnError) {
  for (const int status : {401, 403, 500}) {
    const Fetched fetched = Ask(Answer(status, "the-token is bad"));
    EXPECT_THAT(fetched.error(), Not(HasSubstr("the-token")));
  }
}

TEST_F(KubeletHttpTest, SendsNothingThatIsNoToken) {
  FakeKubelet kubelet(TlsServer(lab_.node), Answer(200, "{}"));
  const KubeletOptions options = lab_.Options(kubelet.port());
  for (const char* token :
       {"", "\n", "two words", "a\r\nX-Injected: yes", "\x01", "caf\xc3\xa9"}) {
    lab_.folder.Write("token", token);
    const Fetched fetched = FetchOnce(options);
    EXPECT_EQ(fetched.poll(), PodPoll::kCredentials) << token;
    EXPECT_THAT(fetched.error(), HasSubstr("holds no token"));
  }
  EXPECT_EQ(kubelet.requests(), 0);
}

TEST_F(KubeletHttpTest, TellsStatusesApartAndHowToMendThem) {
  const Fetched unauthorized = Ask(Answer(401, "Unauthorized"));
  EXPECT_EQ(unauthorized.poll(), PodPoll::kUnauthorized);
  EXPECT_THAT(unauthorized.error(), HasSubstr("webhook authentication"));
  const Fetched forbidden = Ask(Answer(403, "Forbidden"));
  EXPECT_EQ(forbidden.poll(), PodPoll::kForbidden);
  EXPECT_THAT(forbidden.error(), HasSubstr("get on nodes/pods"));
  EXPECT_EQ(Ask(Answer(500, "")).poll(), PodPoll::kServerError);
  EXPECT_EQ(Ask(Answer(503, "")).poll(), PodPoll::kServerError);
  EXPECT_EQ(Ask(Answer(404, "")).poll(), PodPoll::kOtherStatus);
  EXPECT_EQ(Ask(Answer(204, "")).poll(), PodPoll::kOtherStatus);
}

TEST_F(KubeletHttpTest, FollowsNoRedirect) {
  FakeKubelet elsewhere(TlsServer(lab_.node), Answer(200, "{}"));
  const std::string target =
      "https://127.0.0.1:" + std::to_string(elsewhere.port()) + "/pods";
  const Fetched fetched =
      Ask([&](const httplib::Request&, httplib::Response& response) {
        response.set_redirect(target);
      });
  EXPECT_EQ(fetched.poll(), PodPoll::kOtherStatus);
  EXPECT_EQ(elsewhere.requests(), 0);
}

TEST_F(KubeletHttpTest, TakesABodyOfManyPieces) {
  const std::string body(3 << 20, 'x');
  const Fetched fetched =
      Ask([&](const httplib::Request&, httplib::Response& response) {
        response.set_chunked_content_provider(
            "application/json", [&](size_t, httplib::DataSink& sink) {
              for (size_t at = 0; at < body.size(); at += 4096)
                sink.write(body.data() + at, 4096);
              sink.done();
              return true;
            });
      });
  EXPECT_EQ(fetched.poll(), PodPoll::kChanged) << fetched.error();
  EXPECT_EQ(fetched.body, body);
}

TEST_F(KubeletHttpTest, GivesUpOnABodyOverTheLimit) {
  const std::string piece(1 << 20, 'x');
  const Fetched fetched =
      Ask([&](const httplib::Request&, httplib::Response& response) {
        response.set_content_provider(
            40 << 20, "application/json",
            [&](size_t, size_t length, httplib::DataSink& sink) {
              return sink.write(piece.data(), std::min(length, piece.size()));
            });
      });
  EXPECT_EQ(fetched.poll(), PodPoll::kTooBig);
  EXPECT_THAT(fetched.error(), HasSubstr("more than 16777216 bytes"));
  EXPECT_LE(fetched.body.size(), 16U << 20);
}

TEST_F(KubeletHttpTest, KnowsABodyThatWasCutShort) {
  const Fetched fetched =
      Ask([&](const httplib::Request&, httplib::Response& response) {
        response.set_content_provider(
            1000, "application/json",
            [](size_t at, size_t, httplib::DataSink& sink) {
              return at == 0 && sink.write("{\"items\":[", 10);
            });
      });
  EXPECT_EQ(fetched.poll(), PodPoll::kBadAnswer) << fetched.error();
}

TEST_F(KubeletHttpTest, SpeaksToAnIpv6Address) {
  FakeKubelet kubelet(TlsServer(lab_.node), Answer(200, "{}"), "::1");
  KubeletOptions options = lab_.Options(kubelet.port());
  options.addresses = {*IpAddress::Parse("::1")};
  EXPECT_EQ(FetchOnce(options).poll(), PodPoll::kChanged);
  options.node_name = "";
  const Fetched fetched = FetchOnce(options);
  EXPECT_EQ(fetched.poll(), PodPoll::kChanged) << fetched.error();
  EXPECT_EQ(kubelet.host(), "[::1]:" + std::to_string(kubelet.port()));
}

TEST_F(KubeletHttpTest, TriesTheAddressesInOrder) {
  FakeKubelet kubelet(TlsServer(lab_.node), Answer(200, "{}"), "::1");
  KubeletOptions options = lab_.Options(kubelet.port());
  options.addresses.push_back(*IpAddress::Parse("::1"));
  const Fetched fetched = FetchOnce(options);
  EXPECT_EQ(fetched.poll(), PodPoll::kChanged) << fetched.error();
}

TEST_F(KubeletHttpTest, SaysThatNobodyListens) {
  uint16_t port = 0;
  {
    const FakeKubelet gone(TlsServer(lab_.node), Answer(200, "{}"));
    port = gone.port();
  }
  const Fetched fetched = FetchOnce(lab_.Options(port));
  EXPECT_EQ(fetched.poll(), PodPoll::kUnreachable);
  EXPECT_THAT(fetched.error(), HasSubstr("can't connect"));
}

TEST_F(KubeletHttpTest, IgnoresTheProxyOfTheEnvironment) {
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY"})
    setenv(name, "http://127.0.0.1:1", 1);
  EXPECT_EQ(Ask(Answer(200, "{}")).poll(), PodPoll::kChanged);
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY"})
    unsetenv(name);
}

TEST_F(KubeletHttpTest, AsksTheReadOnlyPortWithoutCredentials) {
  FakeKubelet kubelet(std::make_unique<httplib::Server>(), Answer(200, "{}"));
  KubeletOptions options = lab_.Options(kubelet.port());
  options.plain_http = true;
  const Fetched fetched = FetchOnce(options);
  EXPECT_EQ(fetched.poll(), PodPoll::kChanged) << fetched.error();
  EXPECT_EQ(kubelet.authorization(), "");
}

TEST(KubeletOptionsTest, RefusesWhatContradictsItself) {
  const auto refused = [](KubeletOptions options) {
    return !NewKubeletClient(std::move(options));
  };
  const std::vector<IpAddress> kAny = {IpAddress()};
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused({.addresses = kAny, .tls = KubeletTls::kPin}));
  EXPECT_TRUE(refused({.addresses = kAny, .certificate_file = "c"}));
  EXPECT_TRUE(refused({.addresses = kAny, .key_file = "k"}));
  EXPECT_FALSE(refused({.addresses = kAny}));
}

}  // namespace
}  // namespace nameward
