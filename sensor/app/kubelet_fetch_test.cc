// SPDX-License-Identifier: Apache-2.0
#include "app/kubelet_fetch.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/pod_sources.h"
#include "app/rights.h"
#include "kube/kubelet_testing.h"

namespace nameward {
namespace {

constexpr char kNoPods[] = R"({"kind":"PodList","items":null})";
constexpr int kDropFailed = 200;

Settings SettingsFor(const KubeletLab& lab, uint16_t port) {
  const KubeletOptions options = lab.Options(port);
  Settings settings;
  settings.pods = PodsFrom::kKubelet;
  settings.kubelet.port = port;
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

// A child that drops its rights as a run does, then asks.  It is forked before
// this process has threads: one of them might hold a lock for ever in the
// child.
class DroppedChild {
 public:
  explicit DroppedChild(const KubeletLab& lab) {
    EXPECT_EQ(pipe(ports_), 0);
    child_ = fork();
    if (child_ == 0) _exit(Ask(lab));
  }
  // The child's exit status; it may connect to `allowed` and asks `asked`.
  int Run(int allowed, int asked) {
    const uint16_t ports[] = {static_cast<uint16_t>(allowed),
                              static_cast<uint16_t>(asked)};
    EXPECT_EQ(write(ports_[1], ports, sizeof ports), sizeof ports);
    int status = 0;
    waitpid(child_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  ~DroppedChild() {
    for (const int end : ports_) close(end);
  }

 private:
  int Ask(const KubeletLab& lab) const {
    uint16_t ports[2] = {};
    if (read(ports_[0], ports, sizeof ports) != sizeof ports)
      return kDropFailed;
    RightsOptions rights;
    AddPodRights(SettingsFor(lab, ports[0]), rights);
    const auto fetch = NewKubeletFetch(SettingsFor(lab, ports[1]));
    return fetch && DropRights(rights) ? FetchPoll(**fetch) : kDropFailed;
  }

  int ports_[2] = {-1, -1};
  pid_t child_ = -1;
};

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
  DroppedChild child(lab_);
  const FakeKubelet kubelet(TlsServer(lab_.node), Answer(200, kNoPods));
  EXPECT_EQ(child.Run(kubelet.port(), kubelet.port()), 0);
  EXPECT_EQ(kubelet.authorization(), "Bearer the-token");
}

TEST_F(KubeletFetch, NoOtherPortIsToBeHad) {
  if (LandlockAbi() < 4) GTEST_SKIP() << "Landlock here confines no ports";
  DroppedChild child(lab_);
  const FakeKubelet kubelet(TlsServer(lab_.node), Answer(200, kNoPods));
  const FakeKubelet other(TlsServer(lab_.node), Answer(200, kNoPods));
  EXPECT_EQ(child.Run(kubelet.port(), other.port()),
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
