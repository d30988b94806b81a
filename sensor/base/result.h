// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error, for the cold path (start-up, files, rules).
//
// Guarantees: [[nodiscard]]; never throws; names are a subset of
// std::expected's, so that C++23 can replace it.  The hot path uses small enums
// and counters instead.
//
//   Result<Config> Load(std::string_view path);
//   auto config = Load(path);
//   if (!config) return config.error().Wrap("config");
//   Use(*config);
#ifndef NAMEWARD_BASE_RESULT_H_
#define NAMEWARD_BASE_RESULT_H_

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace nameward {

// What went wrong, in the form that the user sees: "what: why (what to do)".
// `fix` may be empty; `code` is an errno where one is known, else 0.
struct [[nodiscard]] Error {
  std::string what;
  std::string why;
  std::string fix = {};
  int code = 0;

  // The same error seen from one level up: "context: what".
  Error Wrap(std::string_view context) const {
    Error outer = *this;
    outer.what = std::string(context) + ": " + what;
    return outer;
  }
  std::string ToString() const {
    std::string text = what;
    if (!why.empty()) text += ": " + why;
    if (!fix.empty()) text += " (" + fix + ")";
    return text;
  }
};

template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value)
      : state_(std::move(value)) {}  // NOLINT: implicit, as std::expected
  Result(Error error)
      : state_(std::move(error)) {}  // NOLINT: implicit, as std::expected

  bool has_value() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return has_value(); }

  T& value() & { return Checked(); }
  const T& value() const& { return const_cast<Result*>(this)->Checked(); }
  T&& value() && { return std::move(Checked()); }
  T& operator*() & { return Checked(); }
  const T& operator*() const& { return const_cast<Result*>(this)->Checked(); }
  T&& operator*() && { return std::move(Checked()); }
  T* operator->() { return &Checked(); }
  const T* operator->() const { return &const_cast<Result*>(this)->Checked(); }
  const Error& error() const {
    const Error* error = std::get_if<Error>(&state_);
    if (error == nullptr) std::abort();  // a broken invariant, not an input
    return *error;
  }

 private:
  T& Checked() {
    T* value = std::get_if<T>(&state_);
    if (value == nullptr) std::abort();
    return *value;
  }
  std::variant<T, Error> state_;
};

struct Nothing {};
using Status = Result<Nothing>;
inline Status Ok() { return Nothing{}; }

// errno as an Error: ErrnoError("open /x", errno, "run as root").
Error ErrnoError(std::string_view what, int code, std::string_view fix = {});

}  // namespace nameward

#define NW_RETURN_IF_ERROR(expr)                                       \
  do {                                                                 \
    if (auto nw_status = (expr); !nw_status) return nw_status.error(); \
  } while (false)

#endif  // NAMEWARD_BASE_RESULT_H_
