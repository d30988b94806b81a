// SPDX-License-Identifier: Apache-2.0
#include "app/rule_slot.h"

#include <gtest/gtest.h>

namespace nameward {
namespace {

RuleSlot::Set Rules(const std::string& id) {
  return LoadRules(
             {{"a.yaml", "apiVersion: egress.rules/v1\nrules:\n  - id: " + id +
                             "\n    title: t\n    event: connect\n"
                             "    match: {dst.port: 1}\n"}},
             {})
      .set;
}

TEST(RuleSlot, TheWorkerTakesTheLastOfferOnce) {
  RuleSlot slot;
  RuleSlot::Set current = Rules("rule-one");
  EXPECT_FALSE(slot.Take(current));
  slot.Offer(Rules("rule-two"));
  const RuleSlot::Set last = Rules("rule-three");
  slot.Offer(last);
  EXPECT_TRUE(slot.Take(current));
  EXPECT_EQ(current, last);
  EXPECT_FALSE(slot.Take(current));
}

TEST(RuleSlot, WhatTheWorkerPutAwayIsFreedByTheCompiler) {
  RuleSlot slot;
  RuleSlot::Set current = Rules("rule-one");
  const std::weak_ptr<const RuleSet> first = current;
  slot.Offer(Rules("rule-two"));
  RuleSlot::Set old;
  EXPECT_FALSE(slot.AwaitTaken(0ms, old));
  ASSERT_TRUE(slot.Take(current));
  EXPECT_FALSE(first.expired());
  EXPECT_TRUE(slot.AwaitTaken(0ms, old));
  old.reset();
  EXPECT_TRUE(first.expired());
}

}  // namespace
}  // namespace nameward
