// SPDX-License-Identifier: Apache-2.0
// Each state of docs/states.md that needs no Kubernetes, and their order.
#include "correlate/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "correlate/correlate_testing.h"

namespace nameward {
namespace {

using testing::At;
using testing::Connect;
using ::testing::ElementsAre;
using testing::kNeighbour;
using testing::kPod;
using testing::Name;
using testing::Node;
using testing::To;

Event Over(Event event, std::string_view wire) {
  std::get<ConnectEvent>(event.body).wire = To(wire);
  return event;
}
Event Handshake(TransportKind kind, std::string_view server, Nanoseconds at) {
  Event event;
  event.time = At(at);
  event.origin.cgroup_id = kPod;
  TransportEvent transport;
  transport.kind = kind;
  transport.server = To(server);
  event.body = transport;
  return event;
}

TEST(Judge, CallsInternalWhatNeverLeavesTheCluster) {
  Node node;
  for (const auto destination :
       {"127.0.0.1:80", "[::1]:80", "0.0.0.0:80", "[::]:80",
        "169.254.169.254:80", "[fe80::1]:80", "224.0.0.251:5353",
        "[ff02::fb]:5353", "255.255.255.255:67", "192.0.2.7:10250",
        "10.244.3.4:8080"})
    EXPECT_EQ(node.StateOf(destination, 1h), ConnectState::kInternal)
        << destination;
}

TEST(Judge, CallsServiceWhatLiesInAServiceRange) {
  Node node;
  EXPECT_EQ(node.StateOf("10.112.7.7:80", 1h), ConnectState::kService);
}

TEST(Judge, CallsResolverATrustedOneAtItsPortOnly) {
  Node node;
  EXPECT_EQ(node.StateOf("10.96.0.10:53", 1h), ConnectState::kResolver);
  EXPECT_EQ(node.StateOf("10.96.0.10:443", 1h), ConnectState::kNone);
}

TEST(Judge, PrefersThePlaceOfAnAddressToItsName) {
  Node node;
  node.Resolve({.addresses = {{"10.112.7.7", 30}}}, 1h);
  EXPECT_EQ(node.StateOf("10.112.7.7:80", 1h + 1s), ConnectState::kService);
}

TEST(Judge, CallsPrivateOnlyWhileTheRangesAreUnknown) {
  Node node;
  EXPECT_EQ(node.StateOf("10.1.2.3:80", 1h), ConnectState::kNone);
  node.context.internal.clear();
  node.context.services.clear();
  node.Reconfigure();
  for (const auto destination :
       {"10.1.2.3:80", "172.16.0.1:80", "192.168.1.1:80", "100.64.0.1:80",
        "[fd00::1]:80"})
    EXPECT_EQ(node.StateOf(destination, 1h), ConnectState::kPrivate);
  EXPECT_EQ(node.StateOf("203.0.113.7:80", 1h), ConnectState::kNone);
}

TEST(Judge, CallsPrivateInACaptureToo) {
  Node node;
  node.context = Context{};
  node.context.live = false;
  node.context.trust_any_on_port = {53};
  node.Reconfigure();
  EXPECT_EQ(node.StateOf("10.1.2.3:80", 1h), ConnectState::kPrivate);
  EXPECT_EQ(node.StateOf("10.1.2.3:53", 1h), ConnectState::kResolver);
  EXPECT_EQ(node.StateOf("203.0.113.7:80", 1h), ConnectState::kNone);
}

TEST(Judge, CallsEncryptedOnlyTenMinutesAfterAListedResolver) {
  for (const auto kind :
       {TransportKind::kDot, TransportKind::kDoq, TransportKind::kDoh}) {
    Node node;
    Event handshake = Handshake(kind, "9.9.9.9:853", 1h);
    node.correlator.Observe(handshake);
    const auto verdict = node.Judged(Connect("203.0.113.7:443", 1h + 599s));
    EXPECT_EQ(verdict.state, ConnectState::kEncrypted);
    EXPECT_TRUE(verdict.encrypted);
    EXPECT_EQ(node.StateOf("203.0.113.7:443", 1h + 600s), ConnectState::kNone);
    EXPECT_EQ(node.StateOf("203.0.113.7:443", 1h + 1s, kNeighbour),
              ConnectState::kNone);
  }
}

TEST(Judge, LetsAnUnlistedEncryptedResolverEarnNothingButAMark) {
  Node node;
  Event handshake = Handshake(TransportKind::kDot, "203.0.113.53:853", 1h);
  node.correlator.Observe(handshake);
  const auto verdict = node.Judged(Connect("203.0.113.7:443", 1h + 1s));
  EXPECT_EQ(verdict.state, ConnectState::kNone);
  EXPECT_TRUE(verdict.encrypted);
}

TEST(Judge, DoesNotTakePlainDnsOnAnotherPortForEncrypted) {
  Node node;
  Event plain = Handshake(TransportKind::kDnsOtherPort, "9.9.9.9:5300", 1h);
  node.correlator.Observe(plain);
  EXPECT_FALSE(node.Judged(Connect("203.0.113.7:443", 1h)).encrypted);
}

TEST(Judge, JudgesTheWireWhereItLeavesTheCluster) {
  // NAT inside the pod sends a trusted address elsewhere: only egress shows it.
  Node node;
  node.Resolve({}, 1h);
  for (const auto addressed :
       {"203.0.113.7:443", "10.96.0.10:53", "10.112.7.7:80", "127.0.0.1:80"})
    EXPECT_EQ(
        node.Judged(Over(Connect(addressed, 1h), "198.51.100.66:443")).state,
        ConnectState::kNone)
        << addressed;
}

TEST(Judge, JudgesTheAddressedWhereAMeshOrTheNodeTranslates) {
  Node node;
  node.context.redirects = {*Redirect::Parse("198.51.100.0/31"),
                            *Redirect::Parse("198.51.100.8:15001")};
  node.Reconfigure();
  node.Resolve({}, 1h);
  EXPECT_EQ(
      node.Judged(Over(Connect("203.0.113.7:443", 1h + 1s), "198.51.100.8:443"))
          .state,
      ConnectState::kNone);
  for (const auto wire : {"127.0.0.1:15001", "[::1]:15001", "10.244.1.1:18080",
                          "198.51.100.1:443", "198.51.100.8:15001"})
    EXPECT_EQ(
        node.Judged(Over(Connect("203.0.113.7:443", 1h + 1s), wire)).state,
        ConnectState::kBound)
        << wire;
}

TEST(Judge, SaysThatAResolversPacketWentElsewhere) {
  Node node;
  Event event = Over(Connect("10.96.0.10:53", 1h), "198.51.100.66:53");
  node.correlator.Observe(event);
  const auto& evidence = std::get<ConnectEvent>(event.body).evidence;
  EXPECT_TRUE(evidence.resolver_wire_elsewhere);
  EXPECT_FALSE(evidence.to_resolver);
}

TEST(Judge, DoesNotTrustAnAnswerThatCameFromElsewhere) {
  Node node;
  node.Resolve({.wire = "198.51.100.66:53"}, 1h);
  const auto verdict = node.Judged(Connect("203.0.113.7:443", 1h + 1s));
  EXPECT_EQ(verdict.state, ConnectState::kUntrustedResolver);
  EXPECT_EQ(verdict.resolver, To("198.51.100.66:53"));
}

TEST(Judge, TrustsAnAnswerThroughAMeshOrADnatToThePodOfTheService) {
  for (const auto wire : {"127.0.0.1:15053", "10.244.0.10:53"}) {
    Node node;
    node.Resolve({.wire = wire}, 1h);
    EXPECT_EQ(node.StateOf("203.0.113.7:443", 1h + 1s), ConnectState::kBound)
        << wire;
  }
}

TEST(Judge, TakesAPrivateWireForTheClustersWhileRangesAreUnknown) {
  Node node;
  node.context.internal.clear();
  node.context.services.clear();
  node.Reconfigure();
  node.Resolve({.wire = "10.99.0.10:53"}, 1h);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 1h + 1s), ConnectState::kBound);
}

TEST(Judge, LeavesOtherEventsAlone) {
  Event event;
  event.body = FlowEvent{};
  Judge(event, Context{}, NoPods());
  EXPECT_EQ(event.Kind(), "flow");
}

TEST(Judge, ClearsWhatAnEarlierVerdictLeftInAReusedEvent) {
  Node node;
  node.Resolve({}, 1h);
  Event event = Connect("203.0.113.7:443", 1h + 1s);
  node.Judged(event);
  node.correlator.Observe(event);
  Judge(event, node.context, node.pods);
  auto& connect = std::get<ConnectEvent>(event.body);
  connect.destination = To("203.0.113.8:443");
  node.correlator.Observe(event);
  Judge(event, node.context, node.pods);
  EXPECT_EQ(connect.verdict.state, ConnectState::kNone);
  EXPECT_TRUE(connect.verdict.names.empty());
  EXPECT_FALSE(connect.verdict.age);
  EXPECT_FALSE(connect.verdict.resolver);
}

}  // namespace
}  // namespace nameward
