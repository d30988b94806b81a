// SPDX-License-Identifier: Apache-2.0
#include "deliver/weaknesses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nameward {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Weaknesses(const KafkaOptions& options) {
  std::vector<std::string> lines;
  for (const Error& error : WeaknessesOf(options)) {
    EXPECT_NE(error.fix, "");
    lines.push_back(error.ToString());
  }
  return lines;
}

TEST(Weaknesses, AreNoneWithTlsOrWithoutASecret) {
  EXPECT_THAT(Weaknesses({}), IsEmpty());
  EXPECT_THAT(Weaknesses({.tls = true}), IsEmpty());
  EXPECT_THAT(Weaknesses({.tls = true, .sasl_mechanism = "PLAIN"}), IsEmpty());
}

TEST(Weaknesses, NameASecretThatTravelsInClear) {
  EXPECT_THAT(Weaknesses({.sasl_mechanism = "PLAIN"}),
              ElementsAre(HasSubstr("sends the password in clear")));
  EXPECT_THAT(Weaknesses({.sasl_mechanism = "OAUTHBEARER"}),
              ElementsAre(HasSubstr("the token is sent in clear")));
  EXPECT_THAT(Weaknesses({.sasl_mechanism = "SCRAM-SHA-512"}),
              ElementsAre(HasSubstr("can try passwords")));
}

TEST(Weaknesses, NameAWebhookInClearUnlessItIsOnTheNode) {
  const auto of = [](const std::string& url) {
    return WeaknessesOf(WebhookOptions{.url = url});
  };
  EXPECT_THAT(of("https://soc/"), IsEmpty());
  EXPECT_THAT(of("http://127.0.0.1:1/alerts"), IsEmpty());
  ASSERT_EQ(of("http://soc/").size(), 1U);
  EXPECT_THAT(of("http://soc/")[0].ToString(), HasSubstr("reads alerts"));
}

}  // namespace
}  // namespace nameward
