// SPDX-License-Identifier: Apache-2.0
#include "app/kubelet_fetch.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "app/pod_sources.h"
#include "app/rights.h"
#include "kube/kubelet_testing.h"

namespace nameward {
namespace {

constexpr char kNoPods[] = R"({"kind":"PodList","items":null})";
constexpr int kDropFailed = 200;

Settings SettingsFor(const KubeletLab& lab, const FakeKubelet& kubelet) {
  const KubeletOptions options = lab.Options(kubelet.port());
  Settings settings;
  settings.pods = PodsFrom::kKubelet;
  settings.kubelet.port = kubelet.port();
  settings.kubelet.address = {*IpAddress::Parse("127.0.0.1")};
  settings.kubelet.server_name = options.node_name;
  settings.kubelet.ca_file = options.ca_file;
  settings.kubelet.token_file = options.token_file;
  settings.kubelet.timeout = 2s;
  return settings;
}

int FetchPoll(PodFetch& fetch) {
  AnswerBuffer answer(1 << 20);
  const auto failure = fetch.Fetch(answer);
  return failure ? static_cast<int>(failure->poll) : 0;
}

// The exit status of a child that drops its rights as a run does.
int InDroppedChild(const Settings& settings,
                   const std::function<int(PodFetch&)>& inside) {
  const pid_t child = fork();
  if (child == 0) {
    RightsOptions rights;
    AddPodRights(settings, rights);
    const auto fetch = NewKubeletFetch(settings);
    _exit(fetch && DropRights(rights) ? inside(**fetch) : kDropFailed);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

class KubeletFetch : public testing::Test {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer runs a thread of its own";
#endif
  }
  KubeletLab lab_;
};

TEST_F(KubeletFetch, WorksWithoutRights) {
  const FakeKubelet kubelet(TlsServer(lab_.node), Answer(200, kNoPods));
  EXPECT_EQ(InDroppedChild(SettingsFor(lab_, kubelet), FetchPoll), 0);
  EXPECT_EQ(kubelet.authorization(), "Bearer the-token");
}

TEST_F(KubeletFetch, NoOtherPortIsToBeHad) {
  if (LandlockAbi() < 4) GTEST_SKIP() << "Landlock here confines no ports";
  const FakeKubelet kubelet(TlsServer(lab_.node), Answer(200, kNoPods));
  const FakeKubelet other(TlsServer(lab_.node), Answer(200, kNoPods));
  const auto elsewhere = NewKubeletFetch(SettingsFor(lab_, other));
  EXPECT_EQ(InDroppedChild(SettingsFor(lab_, kubelet),
                           [&](PodFetch&) { return FetchPoll(**elsewhere); }),
            static_cast<int>(PodPoll::kUnreachable));
  EXPECT_EQ(other.requests(), 0);
}

TEST(UnprovenKubelet, IsToldOfWhereTheSettingsAskForNoProof) {
  Settings settings;
  EXPECT_EQ(UnprovenKubelet(settings), "");
  settings.pods = PodsFrom::kKubelet;
  EXPECT_EQ(UnprovenKubelet(settings), "");
  settings.kubelet.tls = KubeletTls::kInsecure;
  EXPECT_NE(UnprovenKubelet(settings).find("the token"), std::string::npos);
  settings.kubelet.read_only_port = true;
  EXPECT_NE(UnprovenKubelet(settings).find("names the pods"),
            std::string::npos);
}

TEST(KubeletPort, TheReadOnlyPortHasANumberOfItsOwn) {
  Settings settings;
  EXPECT_EQ(KubeletPort(settings), 10250);
  ASSERT_TRUE(SetKey(settings, "kubelet.read_only_port", {"true"}, "--set"));
  EXPECT_EQ(KubeletPort(settings), 10255);
  ASSERT_TRUE(SetKey(settings, "kubelet.port", {"10250"}, "--set"));
  EXPECT_EQ(KubeletPort(settings), 10250);
}

}  // namespace
}  // namespace nameward
