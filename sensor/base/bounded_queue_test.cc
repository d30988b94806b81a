// SPDX-License-Identifier: Apache-2.0
#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>

namespace nameward {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

TEST(BoundedQueue, KeepsOrder) {
  BoundedQueue<int> queue(3);
  for (int i = 1; i <= 3; ++i) EXPECT_TRUE(queue.PushFor(i, 0ms));
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(queue.PopFor(0ms), i);
  EXPECT_EQ(queue.TryPop(), std::nullopt);
}

TEST(BoundedQueue, FullLeavesTheItemWithItsOwner) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  EXPECT_TRUE(queue.PushFor(first, 0ms));
  EXPECT_FALSE(queue.PushFor(second, 0ms));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(*second, 2);
}

TEST(BoundedQueue, PopMakesRoomForAWaitingPush) {
  BoundedQueue<int> queue(1);
  int one = 1;
  ASSERT_TRUE(queue.PushFor(one, 0ms));
  std::thread consumer([&queue] { EXPECT_EQ(queue.PopFor(10s), 1); });
  int two = 2;
  EXPECT_TRUE(queue.PushFor(two, 10s));
  consumer.join();
  EXPECT_EQ(queue.TryPop(), 2);
}

TEST(BoundedQueue, CloseRefusesPushesAndKeepsWhatIsInside) {
  BoundedQueue<int> queue(2);
  int item = 7;
  ASSERT_TRUE(queue.PushFor(item, 0ms));
  queue.Close();
  EXPECT_FALSE(queue.PushFor(item, 0ms));
  EXPECT_FALSE(queue.Finished());
  EXPECT_EQ(queue.PopFor(0ms), 7);
  EXPECT_TRUE(queue.Finished());
}

TEST(BoundedQueue, CloseWakesAWaitingPop) {
  BoundedQueue<int> queue(2);
  std::thread closer([&queue] { queue.Close(); });
  EXPECT_EQ(queue.PopFor(10s), std::nullopt);
  closer.join();
}

}  // namespace
}  // namespace nameward
