// SPDX-License-Identifier: Apache-2.0
#include "match/domain_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nameward {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

DomainTable TableOf(const DomainItems& items) {
  std::vector<DomainTable::Entry> entries;
  uint32_t value = 0;
  for (const auto& item : items.items())
    entries.push_back({items.Wire(item), item.form, value++});
  return DomainTable::Build(std::move(entries));
}

std::vector<uint32_t> Find(const DomainTable& table, std::string_view name) {
  std::vector<uint32_t> values;
  table.Find(*DomainName::Parse(name),
             [&](DomainForm, uint32_t value) { values.push_back(value); });
  return values;
}

DomainItems ItemsOf(const std::vector<std::string>& texts) {
  DomainItems items;
  for (const std::string& text : texts)
    items.Add(*ParseDomainItem(text), {}, text);
  return items;
}

TEST(DomainTable, FindsEachFormAtLabelBreaksOnly) {
  const DomainItems items = ItemsOf({"x.com", ".x.com", "*.x.com"});
  const DomainTable table = TableOf(items);
  EXPECT_THAT(Find(table, "x.com"), UnorderedElementsAre(0, 1));
  EXPECT_THAT(Find(table, "b.a.x.com"), UnorderedElementsAre(1, 2));
  EXPECT_THAT(Find(table, "evilx.com"), IsEmpty());
  EXPECT_THAT(Find(table, "com"), IsEmpty());
  EXPECT_THAT(Find(table, "."), IsEmpty());
}

TEST(DomainTable, IsEmptyWithoutNames) {
  const DomainTable table = DomainTable::Build({});
  EXPECT_THAT(Find(table, "x.com"), IsEmpty());
}

TEST(DomainTable, ADotInsideALabelFakesNoLabelBreak) {
  const DomainItems items = ItemsOf({".x.com"});
  const DomainTable table = TableOf(items);
  EXPECT_THAT(Find(table, "a\\.x.com"), IsEmpty());
  EXPECT_THAT(Find(table, "a.x.com"), ElementsAre(0));
}

TEST(DomainTable, HoldsNamesOf127Labels) {
  std::string longest = "a";
  for (int i = 1; i < 127; ++i) longest += ".a";
  const DomainItems items = ItemsOf({longest, ".a"});
  const DomainTable table = TableOf(items);
  EXPECT_THAT(Find(table, longest), UnorderedElementsAre(0, 1));
}

TEST(DomainTable, FindsEveryOneOfManyAndNoOther) {
  std::vector<std::string> texts;
  for (int i = 0; i < 20'000; ++i)
    texts.push_back("n" + std::to_string(i) + ".example");
  const DomainItems items = ItemsOf(texts);
  const DomainTable table = TableOf(items);
  for (uint32_t i = 0; i < 20'000; ++i)
    ASSERT_THAT(Find(table, texts[i]), ElementsAre(i));
  for (int i = 20'000; i < 40'000; ++i)
    ASSERT_THAT(Find(table, "n" + std::to_string(i) + ".example"), IsEmpty());
}

TEST(DomainTable, StaysBelow40BytesADomain) {
  std::vector<std::string> texts;
  for (int i = 0; i < 100'000; ++i)
    texts.push_back("domain" + std::to_string(i) + ".com");
  const DomainItems items = ItemsOf(texts);
  const DomainTable table = TableOf(items);
  EXPECT_LE(table.bytes() / table.size(), 40U);
}

}  // namespace
}  // namespace nameward
