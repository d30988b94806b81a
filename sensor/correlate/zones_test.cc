// SPDX-License-Identifier: Apache-2.0
// Names of the cluster's own zone: whoever may write a Service can make them
// give any address.
#include <gtest/gtest.h>

#include "correlate/correlate_testing.h"

namespace nameward {
namespace {

using testing::Node;

class Zoned : public Node {
 public:
  Zoned() {
    context.zones = {testing::Name("cluster.local")};
    Reconfigure();
  }
  void ForgetRanges() {
    context.internal.clear();
    context.services.clear();
    Reconfigure();
  }
};

TEST(ClusterZone, LaundersNoAddressThroughAPodsName) {
  // pods insecure: A-B-C-D.default.pod.cluster.local is A.B.C.D.
  for (const bool ranges_known : {true, false}) {
    Zoned node;
    if (!ranges_known) node.ForgetRanges();
    node.Resolve({.name = "203-0-113-9.default.pod.cluster.local",
                  .addresses = {{"203.0.113.9", 30}}},
                 10s);
    EXPECT_EQ(node.StateOf("203.0.113.9:443", 11s), ConnectState::kNone);
    EXPECT_EQ(node.correlator.stats().refused_of_zone, 1u);
  }
}

TEST(ClusterZone, LaundersNoAddressThroughAHandMadeEndpointSlice) {
  // A headless Service: one endpoint in the cluster, one far away.
  Zoned node;
  node.Resolve({.name = "db.default.svc.cluster.local",
                .addresses = {{"203.0.113.9", 30}, {"10.244.1.1", 30}}},
               10s);
  EXPECT_EQ(node.StateOf("203.0.113.9:443", 11s), ConnectState::kNone);
  EXPECT_EQ(node.StateOf("10.244.1.1:443", 11s), ConnectState::kInternal);
}

TEST(ClusterZone, GivesWhatAnExternalNameLeadsTo) {
  Zoned node;
  node.Resolve(
      {.name = "db.default.svc.cluster.local", .aliases = {"db.example"}}, 12s);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 13s), ConnectState::kBound);
}

TEST(ClusterZone, IsNotLeftByWayOfAnAliasThatComesBack) {
  // ExternalName into the zone, and an outside name whose alias lies in it.
  for (const auto* question :
       {"db.default.svc.cluster.local", "evil.example"}) {
    Zoned node;
    node.Resolve({.name = question,
                  .addresses = {{"203.0.113.9", 30}},
                  .aliases = {"203-0-113-9.default.pod.cluster.local"}},
                 10s);
    EXPECT_EQ(node.StateOf("203.0.113.9:443", 11s), ConnectState::kNone)
        << question;
  }
}

TEST(ClusterZone, GivesPrivateAddressesWhileRangesAreUnknown) {
  Zoned node;
  node.ForgetRanges();
  node.Resolve({.name = "db.default.svc.cluster.local",
                .addresses = {{"10.99.0.13", 30}}},
               10s);
  EXPECT_EQ(node.StateOf("10.99.0.13:443", 11s), ConnectState::kBound);
}

}  // namespace
}  // namespace nameward
