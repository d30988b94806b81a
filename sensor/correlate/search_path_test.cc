// SPDX-License-Identifier: Apache-2.0
// Whose suffixes count, by dnsPolicy, and what is left before them.
#include "correlate/search_path.h"

#include <gtest/gtest.h>

#include "correlate/correlate_testing.h"

namespace nameward {
namespace {

using testing::Name;
using Policy = PodDns::Policy;

constexpr uint16_t kNxDomain = 3;

class SearchPath : public ::testing::Test {
 protected:
  SearchPath() {
    context_.zones = {Name("cluster.local")};
    context_.searches = {Name("corp.example")};
    pod_.namespace_name = "payments";
    pod_.dns.searches = {Name("evil.example")};
  }

  DnsEvent Judged(std::string_view name, bool response = false,
                  uint16_t rcode = kNxDomain) {
    Workload workload;
    workload.pod_uid = "a";
    workload.pod = std::make_shared<const Pod>(pod_);
    return JudgedOf(&workload, name, response, rcode);
  }
  DnsEvent JudgedOf(const Workload* workload, std::string_view name,
                    bool response = false, uint16_t rcode = kNxDomain) {
    Event event = testing::Dns({.name = name}, response, 1s);
    auto& dns = std::get<DnsEvent>(event.body);
    dns.message.rcode = rcode;
    JudgeNames(dns, workload, context_);
    return dns;
  }
  std::string BaseOf(std::string_view name) {
    const DnsEvent dns = Judged(name);
    return dns.base_labels == 0
               ? ""
               : dns.message.question.name.Prefix(dns.base_labels).ToString();
  }

  Context context_;
  Pod pod_;
};

TEST_F(SearchPath, OfAClusterFirstPodHasNamespaceServicesZoneNodeAndItsOwn) {
  for (const auto* suffix : {"payments.svc.cluster.local", "svc.cluster.local",
                             "cluster.local", "corp.example", "evil.example"})
    EXPECT_EQ(BaseOf("www.x.com." + std::string(suffix)), "www.x.com")
        << suffix;
  // Another namespace is part of what was asked.
  EXPECT_EQ(BaseOf("db.other.svc.cluster.local"), "db.other");
  EXPECT_EQ(BaseOf("db.payments.svc.cluster.local"), "db");
  for (const auto* plain : {"www.x.com", "cluster.local", "corp.example",
                            "svc.cluster.localx", "xcorp.example", "."})
    EXPECT_EQ(BaseOf(plain), "") << plain;
}

TEST_F(SearchPath, FollowsThePodsDnsPolicy) {
  struct Case {
    Policy policy;
    bool host_network;
    bool cluster;
    bool node;
  };
  for (const Case& one :
       {Case{Policy::kClusterFirst, false, true, true},
        Case{Policy::kClusterFirst, true, false, true},
        Case{Policy::kClusterFirstWithHostNet, true, true, true},
        Case{Policy::kDefault, false, false, true},
        Case{Policy::kNone, false, false, false}}) {
    pod_.dns.policy = one.policy;
    pod_.host_network = one.host_network;
    EXPECT_EQ(BaseOf("x.com.payments.svc.cluster.local") == "x.com",
              one.cluster);
    EXPECT_EQ(BaseOf("x.com.corp.example") == "x.com", one.node);
    EXPECT_EQ(BaseOf("x.com.evil.example"), "x.com");  // its dnsConfig's
  }
}

TEST_F(SearchPath, IsThatOfTheNodeForAProcessOfTheHost) {
  const Workload host;
  EXPECT_EQ(JudgedOf(&host, "x.com.corp.example").base_labels, 2);
  EXPECT_EQ(JudgedOf(nullptr, "x.com.corp.example").base_labels, 2);
  EXPECT_EQ(JudgedOf(&host, "x.com.svc.cluster.local").base_labels, 0);
  Workload unknown;
  unknown.pod_uid = "a";
  EXPECT_EQ(JudgedOf(&unknown, "x.com.svc.cluster.local").base_labels, 2);
}

TEST_F(SearchPath, MakesAnExpansionOfAQuestionThatDoesNotExist) {
  EXPECT_TRUE(Judged("x.com.corp.example").expansion);        // it may be one
  EXPECT_TRUE(Judged("x.com.corp.example", true).expansion);  // it is one
  const DnsEvent captured = Judged("x.com.corp.example", true, 0);
  EXPECT_FALSE(captured.expansion);
  EXPECT_EQ(captured.base_labels, 2);
  EXPECT_FALSE(Judged("x.com", true).expansion);
}

TEST_F(SearchPath, TrustsNoSuffixThatOnlyADnsConfigNames) {
  // SECRET.api.good.example.evil.example reaches evil.example's servers.
  const DnsEvent dns = Judged("secret.api.good.example.evil.example");
  EXPECT_EQ(dns.base_labels, 4);
  EXPECT_FALSE(dns.expansion);
  pod_.dns.searches = {Name("lab.corp.example")};
  EXPECT_TRUE(Judged("x.com.lab.corp.example").expansion);
}

TEST_F(SearchPath, TellsWhereAnExternalNameLeads) {
  const auto external = [this](std::string_view name,
                               std::vector<std::string_view> aliases) {
    Event event =
        testing::Answer({.name = name, .aliases = std::move(aliases)}, 1s);
    auto& dns = std::get<DnsEvent>(event.body);
    JudgeNames(dns, nullptr, context_);
    return dns.external;
  };
  EXPECT_EQ(external("db.a.svc.cluster.local", {"db.example", "x.cdn"}), 1);
  EXPECT_EQ(external("db.a.svc.cluster.local",
                     {"db.b.svc.cluster.local", "db.example"}),
            2);
  EXPECT_EQ(external("db.a.svc.cluster.local", {"db.b.svc.cluster.local"}), 0);
  EXPECT_EQ(external("www.example", {"x.cdn"}), 0);
}

TEST_F(SearchPath, TellsAQueryThatLeftForAnotherServerThanItsResolver) {
  context_.resolvers = {testing::To(testing::kResolver)};
  context_.internal = {*Network::Parse("10.244.0.0/16")};
  const auto diverted = [this](const testing::Look& look, bool response) {
    Event event = testing::Dns(look, response, 1s);
    JudgeNames(std::get<DnsEvent>(event.body), nullptr, context_);
    return std::get<DnsEvent>(event.body).diverted;
  };
  EXPECT_TRUE(diverted({.wire = "203.0.113.53:53"}, false));
  EXPECT_FALSE(diverted({.wire = "203.0.113.53:53"}, true));
  for (const auto* wire : {"", "127.0.0.1:15053", "10.244.0.10:53"})
    EXPECT_FALSE(diverted({.wire = wire}, false)) << wire;
  EXPECT_FALSE(
      diverted({.server = "8.8.8.8:53", .wire = "203.0.113.53:53"}, false));
}

TEST_F(SearchPath, ClearsWhatAnEarlierEventLeft) {
  DnsEvent dns = Judged("x.com.corp.example");
  dns.external = 1;
  dns.message.question_count = 0;
  JudgeNames(dns, nullptr, context_);
  EXPECT_EQ(dns.base_labels, 0);
  EXPECT_FALSE(dns.expansion);
  EXPECT_EQ(dns.external, 0);
}

}  // namespace
}  // namespace nameward
