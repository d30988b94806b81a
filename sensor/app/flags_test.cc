// SPDX-License-Identifier: Apache-2.0
#include "app/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace nameward {
namespace {

using testing::HasSubstr;

// The result of `--set` for each, or the error.
Result<Settings> Load(std::vector<std::string> assigned) {
  SettingFlags flags;
  flags.config = "/dev/null";
  flags.assigned = std::move(assigned);
  return LoadSettings(flags);
}

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    setenv(name, value, 1);
  }
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

TEST(Flags, AVariableNamesTheFileOfASecret) {
  const Variable file("NAMEWARD_KAFKA_CA_FILE", "/secrets/ca.crt");
  const auto settings = Load({"kafka.tls=true"});
  ASSERT_TRUE(settings) << settings.error().ToString();
  EXPECT_EQ(settings->kafka.ca_file, "/secrets/ca.crt");
  EXPECT_EQ(settings->origins.at("kafka.ca_file"), "NAMEWARD_KAFKA_CA_FILE");
  const auto flag = Load({"kafka.tls=true", "kafka.ca_file=/mine"});
  ASSERT_TRUE(flag);
  EXPECT_EQ(flag->kafka.ca_file, "/mine");
}

TEST(Flags, AVariableThatNamesNoKeyIsAnError) {
  const Variable file("NAMEWARD_KAFKA_PASSWORD_FILE", "/secrets/password");
  const auto settings = Load({});
  ASSERT_FALSE(settings);
  EXPECT_THAT(settings.error().ToString(),
              HasSubstr("NAMEWARD_KAFKA_PASSWORD_FILE: no key of this name"));
}

TEST(Flags, HalfAProofToTheBrokersIsAnError) {
  const std::vector<std::pair<std::vector<std::string>, const char*>> cases = {
      {{"kafka.cert_file=/c", "kafka.tls=true"}, "set both or neither"},
      {{"kafka.ca_file=/c"}, "set kafka.tls: true"},
      {{"kafka.sasl_mechanism=PLAIN", "kafka.sasl_username=u"},
       "kafka.sasl_password_file"},
      {{"kafka.sasl_mechanism=OAUTHBEARER"}, "set kafka.sasl_token_file"},
      {{"kafka.sasl_password_file=/p"}, "a secret is named"}};
  for (const auto& [assigned, words] : cases) {
    const auto settings = Load(assigned);
    ASSERT_FALSE(settings) << words;
    EXPECT_THAT(settings.error().ToString(), HasSubstr(words));
  }
}

}  // namespace
}  // namespace nameward
