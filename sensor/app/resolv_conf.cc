// SPDX-License-Identifier: Apache-2.0
#include "app/resolv_conf.h"

#include <algorithm>
#include <sstream>
#include <string>

#include "correlate/judge.h"

namespace nameward {
namespace {

constexpr uint16_t kDnsPort = 53;
constexpr std::string_view kDefaultZone = "cluster.local";

template <typename T>
void AddNew(const T& value, std::vector<T>& list) {
  if (std::find(list.begin(), list.end(), value) == list.end())
    list.push_back(value);
}

// In a pod a loopback address is the pod's own: what answers there is its word.
void AddResolvers(const ResolvConf& file, bool kubernetes, Context& context) {
  for (const Endpoint& resolver : file.resolvers)
    if (!kubernetes || !resolver.address.IsLoopback())
      AddNew(resolver, context.resolvers);
}

void AddSearches(const ResolvConf& file, Context& context) {
  for (const DomainName& search : file.searches)
    if (!search.IsRoot() && !IsOfZone(search, context))
      AddNew(search, context.searches);
}

}  // namespace

ResolvConf ParseResolvConf(std::string_view text) {
  ResolvConf conf;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key;
    std::string value;
    if (!(words >> key)) continue;
    const bool searches = key == "search" || key == "domain";
    if (searches) conf.searches.clear();
    if (!searches && key != "nameserver") continue;
    while (words >> value) {
      if (searches) {
        if (const auto name = DomainName::Parse(value))
          conf.searches.push_back(*name);
        continue;
      }
      const auto address = IpAddress::Parse(value.substr(0, value.find('%')));
      if (address) conf.resolvers.push_back({*address, kDnsPort});
      break;
    }
  }
  return conf;
}

std::optional<DomainName> ZoneOf(const std::vector<DomainName>& searches) {
  const auto holds = [&searches](const std::optional<DomainName>& name) {
    return name &&
           std::find(searches.begin(), searches.end(), *name) != searches.end();
  };
  for (const DomainName& zone : searches)
    if (!zone.IsRoot() && holds(DomainName::Parse("svc." + zone.ToString())))
      return zone;
  return std::nullopt;
}

void AddNames(const Settings& settings, const ResolvConf& own,
              const ResolvConf& node, Context& context) {
  const bool kubernetes = settings.pods != PodsFrom::kNone;
  context.resolvers = settings.resolvers;
  if (context.resolvers.empty()) {
    AddResolvers(own, kubernetes, context);
    AddResolvers(node, kubernetes, context);
  }
  context.zones = settings.zones;
  if (context.zones.empty() && kubernetes)
    context.zones.push_back(
        ZoneOf(own.searches).value_or(*DomainName::Parse(kDefaultZone)));
  context.searches = settings.search;
  AddSearches(own, context);
  AddSearches(node, context);
}

}  // namespace nameward
