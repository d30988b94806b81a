// SPDX-License-Identifier: Apache-2.0
#include "kube/pod_list_json.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "kube/pod_builder.h"
#include "kube/pod_list_schema.h"

namespace nameward {
namespace {

using Json = nlohmann::json;

// The library's events, one place after the other.  Its parser does not
// recurse, so that depth costs one byte here and one bit there.
class PodListSax {
 public:
  explicit PodListSax(PodBuilder& builder) : builder_(builder) {
    places_.reserve(PodListLimits::kDepth);
  }
  const std::string& why() const { return why_; }

  bool null() { return Scalar(); }
  bool number_integer(Json::number_integer_t) { return Scalar(); }
  bool number_unsigned(Json::number_unsigned_t) { return Scalar(); }
  bool number_float(Json::number_float_t, const std::string&) {
    return Scalar();
  }
  bool binary(Json::binary_t&) { return Scalar(); }

  bool boolean(bool value) {
    if (!Scalar()) return false;
    if (const Field field = At(); field != Field::kNone)
      builder_.Flag(field, value);
    return true;
  }
  bool string(std::string& text) {
    if (!Scalar()) return false;
    if (const Field field = At(); field != Field::kNone)
      builder_.Text(field, Key(), text);
    return true;
  }
  bool key(std::string& key) {
    if (places_.back() != Place::kSkipped) key_.swap(key);
    return true;
  }
  bool start_object(size_t) { return Start(false); }
  bool start_array(size_t) { return Start(true); }
  bool end_object() { return End(); }
  bool end_array() { return End(); }

  bool parse_error(size_t position, const std::string&,
                   const Json::exception&) {
    // The library's own text quotes the input, which may hold secrets.
    if (why_.empty())
      why_ = "no valid JSON at byte " + std::to_string(position);
    return false;
  }

 private:
  std::string_view Key() const {
    return IsList(places_.back()) ? std::string_view() : key_;
  }
  Field At() const { return FieldAt(places_.back(), Key()); }

  bool Scalar() {
    if (places_.empty()) return Fail("not an object");
    if (places_.back() == Place::kItems) builder_.SkipPod();
    return true;
  }
  bool Start(bool list) {
    if (places_.size() >= PodListLimits::kDepth)
      return Fail("nested too deeply");
    if (places_.empty()) {
      if (list) return Fail("not an object");
      places_.push_back(Place::kList);
      return true;
    }
    const Place above = places_.back();
    const Place place = Descend(above, Key(), list);
    if (above == Place::kItems && place == Place::kSkipped) builder_.SkipPod();
    places_.push_back(place);
    builder_.Enter(place);
    return true;
  }
  bool End() {
    builder_.Leave(places_.back());
    places_.pop_back();
    return true;
  }
  bool Fail(const char* why) {
    why_ = why;
    return false;
  }

  PodBuilder& builder_;
  std::vector<Place> places_;
  std::string key_;
  std::string why_;
};

}  // namespace

Result<PodSnapshot> ParsePodList(std::string_view json, PodListCounts* counts) {
  PodBuilder builder;
  PodListSax sax(builder);
  if (!Json::sax_parse(json.begin(), json.end(), &sax))
    return Error{"pod list", sax.why(), "expected a v1 PodList as JSON"};
  PodSnapshot snapshot = builder.Finish();
  if (counts != nullptr) *counts = builder.counts();
  return snapshot;
}

}  // namespace nameward
