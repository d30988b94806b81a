// SPDX-License-Identifier: Apache-2.0
// Who is believed: every mode with the right thing and with the wrong ones, and
// the token never before the proof.
#include <gmock/gmock.h>

#include "kube/kubelet_testing.h"

namespace nameward {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr char kEmpty[] = R"({"items":null})";

class KubeletTlsTest : public ::testing::Test {
 protected:
  // One request to a kubelet that shows `identity`.
  Fetched Ask(const Identity& identity,
              const std::function<void(KubeletOptions&)>& change = {}) {
    FakeKubelet kubelet(TlsServer(identity), Answer(200, kEmpty));
    KubeletOptions options = lab_.Options(kubelet.port());
    if (change) change(options);
    Fetched fetched = FetchOnce(options);
    requests_ = kubelet.requests();
    return fetched;
  }
  void ExpectRefused(const Fetched& fetched, const std::string& why) {
    EXPECT_EQ(fetched.poll(), PodPoll::kTls) << fetched.error();
    EXPECT_THAT(fetched.error(), HasSubstr(why));
    EXPECT_EQ(fetched.body, "");
    EXPECT_EQ(requests_, 0) << "the token was sent";
  }

  KubeletLab lab_;
  int requests_ = 0;
};

TEST_F(KubeletTlsTest, VerifyBelievesTheNodesCertificateOfTheCa) {
  const Fetched fetched = Ask(lab_.node);
  EXPECT_EQ(fetched.poll(), PodPoll::kChanged) << fetched.error();
  EXPECT_EQ(fetched.body, kEmpty);
}

TEST_F(KubeletTlsTest, VerifyWithoutANameTakesTheAddress) {
  const auto by_address = [](KubeletOptions& options) {
    options.node_name = "";
  };
  EXPECT_EQ(Ask(lab_.node, by_address).poll(), PodPoll::kChanged);
  ExpectRefused(
      Ask(Identity({.alternatives = "DNS:node-1"}, &lab_.ca), by_address),
      "the certificate is not for 127.0.0.1");
}

TEST_F(KubeletTlsTest, VerifyRefusesAnotherCa) {
  const Identity other = Authority("other CA");
  ExpectRefused(Ask(Identity({}, &other)), "unable to get local issuer");
}

TEST_F(KubeletTlsTest, VerifyRefusesASelfSignedCertificate) {
  ExpectRefused(Ask(Identity({})), "self-signed certificate");
}

TEST_F(KubeletTlsTest, VerifyRefusesAnExpiredCertificate) {
  ExpectRefused(Ask(Identity({.from_hours = -48, .to_hours = -24}, &lab_.ca)),
                "certificate has expired");
  ExpectRefused(Ask(Identity({.from_hours = 24, .to_hours = 48}, &lab_.ca)),
                "certificate is not yet valid");
}

TEST_F(KubeletTlsTest, VerifyRefusesAnotherNodesCertificate) {
  ExpectRefused(Ask(Identity({.common_name = "node-2",
                              .alternatives = "DNS:node-2,IP:127.0.0.1"},
                             &lab_.ca)),
                "the certificate is not for node-1");
}

TEST_F(KubeletTlsTest, VerifyTakesNoNameFromTheSubject) {
  ExpectRefused(
      Ask(Identity({.common_name = "node-1", .alternatives = ""}, &lab_.ca)),
      "the certificate is not for node-1");
}

TEST_F(KubeletTlsTest, PinBelievesTheGivenCertificateAlone) {
  // As kubelets make them: signed by themselves, for a year, never renewed.
  const Identity kubelet({.from_hours = -2, .to_hours = -1});
  const auto pin = [&](const std::string& pem) {
    return [&, pem](KubeletOptions& options) {
      options.tls = KubeletTls::kPin;
      options.pinned_file = lab_.folder.Write("pin.crt", pem);
      options.ca_file = "/nowhere";
    };
  };
  const auto as_on_disk =
      pin(kubelet.CertificatePem() + Authority("own CA").CertificatePem());
  const Fetched fetched = Ask(kubelet, as_on_disk);
  EXPECT_EQ(fetched.poll(), PodPoll::kChanged) << fetched.error();
  // The same names, and even the cluster's CA, are not the certificate.
  ExpectRefused(Ask(lab_.node, as_on_disk), "another certificate");
  ExpectRefused(Ask(Identity({}), as_on_disk), "another certificate");
  ExpectRefused(Ask(lab_.node, pin(lab_.ca.CertificatePem())),
                "another certificate");
}

TEST_F(KubeletTlsTest, InsecureBelievesAnybody) {
  const auto insecure = [](KubeletOptions& options) {
    options.tls = KubeletTls::kInsecure;
    options.ca_file = "/nowhere";
  };
  EXPECT_EQ(
      Ask(Identity({.alternatives = "DNS:x", .to_hours = -1}), insecure).poll(),
      PodPoll::kChanged);
}

TEST_F(KubeletTlsTest, InsecureStillSpeaksNoPlainHttp) {
  FakeKubelet plain(std::make_unique<httplib::Server>(), Answer(200, kEmpty));
  KubeletOptions options = lab_.Options(plain.port());
  options.tls = KubeletTls::kInsecure;
  EXPECT_EQ(FetchOnce(options).poll(), PodPoll::kTls);
  EXPECT_EQ(plain.requests(), 0);
}

TEST_F(KubeletTlsTest, ReadsAReplacedCaForTheNextRequest) {
  const Identity next_ca = Authority("next CA");
  const Identity next_node({}, &next_ca);
  FakeKubelet kubelet(TlsServer(next_node), Answer(200, kEmpty));
  auto client = NewKubeletClient(lab_.Options(kubelet.port()));
  AnswerBuffer answer(1024);
  EXPECT_TRUE((*client)->Fetch(answer));
  lab_.folder.Write("ca.crt",
                    lab_.ca.CertificatePem() + next_ca.CertificatePem());
  EXPECT_FALSE((*client)->Fetch(answer));
}

TEST_F(KubeletTlsTest, SaysWhichFileIsMissingOrWrong) {
  const auto expect = [&](const std::function<void(KubeletOptions&)>& change,
                          const std::string& file) {
    const Fetched fetched = Ask(lab_.node, change);
    EXPECT_EQ(fetched.poll(), PodPoll::kCredentials);
    EXPECT_THAT(fetched.error(), HasSubstr(file));
    EXPECT_EQ(requests_, 0);
  };
  expect([](KubeletOptions& o) { o.ca_file = "/nowhere/ca.crt"; },
         "/nowhere/ca.crt");
  expect([&](KubeletOptions& o) { o.ca_file = lab_.folder.Write("no", "x"); },
         "/no");
  expect([](KubeletOptions& o) { o.token_file = "/nowhere/token"; },
         "/nowhere/token");
  expect(
      [](KubeletOptions& o) {
        o.certificate_file = o.ca_file;
        o.key_file = "/nowhere/key";
      },
      "/nowhere/key");
}

// A kubelet that wants a certificate of the client's CA.
class ClientCertificateTest : public KubeletTlsTest {
 protected:
  ClientCertificateTest() {
    X509_STORE* store = X509_STORE_new();  // the server takes it over
    X509_STORE_add_cert(store, lab_.ca.certificate());
    kubelet_ = std::make_unique<FakeKubelet>(
        std::make_unique<httplib::SSLServer>(lab_.node.certificate(),
                                             lab_.node.key(), store),
        Answer(200, kEmpty));
  }
  PodPoll AskWith(const Identity* identity) {
    KubeletOptions options = lab_.Options(kubelet_->port());
    options.token_file = "";
    if (identity != nullptr) {
      options.certificate_file =
          lab_.folder.Write("client.crt", identity->CertificatePem());
      options.key_file = lab_.folder.Write("client.key", identity->KeyPem());
    }
    return FetchOnce(options).poll();
  }

  std::unique_ptr<FakeKubelet> kubelet_;
};

TEST_F(ClientCertificateTest, IsShownWhereTheKubeletAsksForOne) {
  const Identity ours({.common_name = "nameward", .alternatives = ""},
                      &lab_.ca);
  EXPECT_EQ(AskWith(&ours), PodPoll::kChanged);
}

TEST_F(ClientCertificateTest, OfAnotherCaOrNoneIsRefusedByTheKubelet) {
  const Identity other = Authority("other CA");
  constexpr const Identity* kNone = nullptr;
  const Identity foreign({.common_name = "nameward", .alternatives = ""},
                         &other);
  // In TLS 1.3 the client has shaken hands by then, and sees the alert or the
  // reset, whichever is first.
  for (const Identity* identity : {&foreign, kNone})
    EXPECT_THAT(AskWith(identity), AnyOf(PodPoll::kTls, PodPoll::kUnreachable));
  EXPECT_EQ(kubelet_->requests(), 0);
}

}  // namespace
}  // namespace nameward
