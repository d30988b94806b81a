// SPDX-License-Identifier: Apache-2.0
#include "app/alert_outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "deliver/spool_testing.h"

namespace nameward {
namespace {

using testing::Contains;
using testing::ElementsAre;

TEST(AlertOutputs, WhatHasAnAddressIsASink) {
  Settings settings;
  EXPECT_THAT(AlertSinkNames(settings), ElementsAre("stdout"));
  settings.alert_file = "alerts.jsonl";
  settings.kafka.brokers = {"broker:9093"};
  settings.webhook.url = "https://soc.example/";
  EXPECT_THAT(AlertSinkNames(settings),
              ElementsAre("file", "kafka", "webhook"));
  settings.alert_sinks = {"kafka"};
  EXPECT_THAT(AlertSinkNames(settings), ElementsAre("kafka"));
}

// Two runs on one spool: the lines of file.2, file.1 and file are all alerts,
// in order, over rotations and a restart.
TEST(AlertOutputs, ARotatedFileGetsEveryAlertOfTheSpoolInOrder) {
  constexpr int kEach = 1000, kPadding = 1100;  // 1 MiB and a little, a run
  const std::filesystem::path folder =
      testing::TempDir() + "rotated." + std::to_string(getpid());
  std::filesystem::create_directories(folder / "out");
  Settings settings;
  settings.alert_file = folder / "out/alerts";
  settings.file_megabytes = 1;
  settings.spool = folder / "spool";
  SystemClock clock;
  for (int run = 0; run < 2; ++run) {
    auto outputs = OpenAlertOutputs(settings, Context{}, clock);
    ASSERT_TRUE(outputs) << outputs.error().ToString();
    outputs->delivery->Start();
    for (int i = 0; i < kEach; ++i)
      ASSERT_TRUE(outputs->sink->Offer(
          TestAlert(run * kEach + i, Severity::kMedium, kPadding)));
    outputs->delivery->Stop();
  }
  int next = 0;
  for (const char* suffix : {".2", ".1", ""}) {
    std::ifstream file(settings.alert_file + suffix);
    for (std::string line; std::getline(file, line); ++next)
      EXPECT_NE(line.find("\"uid-" + std::to_string(next) + "\""),
                std::string::npos)
          << line.substr(0, 60);
  }
  std::filesystem::remove_all(folder);
  EXPECT_EQ(next, 2 * kEach);
}

TEST(AlertOutputs, SecretsMayBeReadWhereTheirLinksLeadTo) {
  const std::filesystem::path folder =
      testing::TempDir() + "alert_outputs." + std::to_string(getpid());
  const auto pki = folder / "pki", linked = folder / "linked";
  std::filesystem::create_directories(pki);
  std::filesystem::create_directories(linked);
  std::ofstream(pki / "ca.pem") << "...";
  std::filesystem::create_symlink(pki / "ca.pem", linked / "ca.pem");
  Settings settings;
  settings.kafka.brokers = {"broker:9093"};
  settings.kafka.ca_file = linked / "ca.pem";
  RightsOptions rights;
  AddAlertRights(settings, rights);
  std::filesystem::remove_all(folder);
  EXPECT_THAT(rights.readable, Contains(pki.string()));
  EXPECT_THAT(rights.readable, Contains(linked.string()));
  EXPECT_THAT(rights.connect_ports, Contains(9093));
}

}  // namespace
}  // namespace nameward
