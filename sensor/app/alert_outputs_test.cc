// SPDX-License-Identifier: Apache-2.0
#include "app/alert_outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace nameward {
namespace {

using testing::Contains;

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
