// SPDX-License-Identifier: Apache-2.0
#include "match/domain_item.h"

#include <idn2.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>

#include "match/values.h"
#include "model/address.h"

namespace nameward {
namespace {

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

Error Fault(std::string_view text, std::string why, std::string fix) {
  return Error{"domain " + Quote(text), std::move(why), std::move(fix)};
}

Result<std::string> ToAscii(std::string_view text) {
  if (IsAscii(text)) return std::string(text);
  char* raw = nullptr;
  const int code = idn2_to_ascii_8z(std::string(text).c_str(), &raw,
                                    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> ascii(raw, idn2_free);
  if (code != IDN2_OK)
    return Fault(text, std::string("IDNA: ") + idn2_strerror(code),
                 "write the name as it is registered");
  return std::string(ascii.get());
}

Result<DomainName> ParseName(std::string_view text, std::string_view written) {
  auto ascii = ToAscii(text);
  if (!ascii) return ascii.error();
  bool escaped = false;
  for (const char c : *ascii) {
    if (!escaped && c != '\\' && !IsNameCharacter(c))
      return Fault(written, std::string("'") + c + "' stands in no host name",
                   "escape it as \\DDD if it is meant");
    escaped = !escaped && c == '\\';
  }
  const auto name = DomainName::Parse(*ascii);
  if (!name)
    return Fault(written, "an empty label, one over 63 bytes, or over 255 all",
                 "write labels with one dot between them");
  return *name;
}

std::string AfterScheme(std::string_view text) {
  std::string_view host = text.substr(text.find("://") + 3);
  return std::string(host.substr(0, host.find_first_of("/:")));
}

// What people write that means something else elsewhere.
std::optional<Error> FindMistake(std::string_view text) {
  if (text.empty()) return Fault(text, "it is empty", "write a name");
  if (text == ".")
    return Fault(text, "the root alone names nothing that is asked for",
                 "write {regex: '\\.'} for the root itself");
  if (text.find("://") != std::string_view::npos)
    return Fault(text, "a scheme belongs to a URL",
                 "write " + Quote(AfterScheme(text)));
  if (text.find('/') != std::string_view::npos)
    return Fault(text, "a path belongs to a URL",
                 "write " + Quote(text.substr(0, text.find('/'))));
  if (IpAddress::Parse(text))
    return Fault(text, "an address is no name", "test dst.ip or answer.ip");
  if (text.find(':') != std::string_view::npos)
    return Fault(text, "a port is no part of a name",
                 "write " + Quote(text.substr(0, text.find(':'))) +
                     " and test dst.port");
  return std::nullopt;
}

std::optional<Error> FindWildcardMistake(std::string_view text) {
  if (text.find("**") != std::string_view::npos) {
    const std::string rest(text.substr(text.find_last_of('*') + 1));
    const std::string name =
        rest.size() > 1 && rest[0] == '.' ? rest : ".x.com";
    return Fault(text, "'**' is not used here",
                 "write '*" + name + "' for all names under it, '" + name +
                     "' for itself too");
  }
  if (text == "*" || text == "*.")
    return Fault(text, "it would match every name",
                 "leave the leaf out, or name what is meant");
  const size_t star = text.rfind('*');
  if (star == std::string_view::npos) return std::nullopt;
  if (star > 0)
    return Fault(text, "'*' stands for whole labels at the start only",
                 "write {glob: " + Quote(text) + "}");
  if (text.size() > 1 && text[1] != '.')
    return Fault(text, "'*' must be followed by a dot",
                 "write '*." + std::string(text.substr(1)) +
                     "' for names under it, or {glob: " + Quote(text) + "}");
  return std::nullopt;
}

// `*` inside one label of the canonical text: no dot but an escaped one.
constexpr std::string_view kInsideLabel = R"((?:[^.\\]|\\\.|\\[0-9]{3})*)";

void AppendLiteral(std::string_view text, std::string& regex) {
  for (const char c : text) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      (c >= '0' && c <= '9') || c == '_';
    if (!word) regex += '\\';
    regex += c;
  }
}

void AppendWildcards(std::string_view labels, std::string& pattern) {
  for (const char c : labels) {
    if (c == '*')
      pattern += kInsideLabel;
    else
      AppendLiteral({&c, 1}, pattern);
  }
}

}  // namespace

Result<DomainSpelling> ParseDomainItem(std::string_view text) {
  if (auto mistake = FindMistake(text)) return *mistake;
  if (auto mistake = FindWildcardMistake(text)) return *mistake;
  DomainSpelling spelling;
  std::string_view rest = text;
  if (rest[0] == '*') {
    spelling.form = DomainForm::kUnder;
    rest.remove_prefix(2);
  } else if (rest[0] == '.') {
    spelling.form = DomainForm::kSuffix;
    rest.remove_prefix(1);
  }
  auto name = ParseName(rest, text);
  if (!name) return name.error();
  spelling.name = *name;
  return spelling;
}

Result<DomainSpelling> ParseOneLabel(std::string_view text) {
  if (text.substr(0, 2) != "*." || text.rfind('*') != 0)
    return Fault(text, "one_label needs '*.' and a name",
                 "write {one_label: '*.x.com'}");
  auto spelling = ParseDomainItem(text);
  if (spelling) spelling->form = DomainForm::kOneLabel;
  return spelling;
}

Result<DomainSpelling> ParseDomainGlob(std::string_view text) {
  if (auto mistake = FindMistake(text)) return *mistake;
  if (text.find("**") != std::string_view::npos || text == "*")
    return *FindWildcardMistake(text);
  DomainSpelling spelling;
  spelling.form = DomainForm::kGlob;
  std::string_view rest = text;
  if (rest.size() > 1 && rest.back() == '.') rest.remove_suffix(1);
  while (true) {
    const size_t star = rest.find('*');
    const size_t cut = star == std::string_view::npos ? std::string_view::npos
                                                      : rest.find('.', star);
    const std::string_view labels = rest.substr(0, cut);
    std::string sample(labels);  // the wildcards as a letter, to be checked
    std::replace(sample.begin(), sample.end(), '*', 'a');
    auto name = star == std::string_view::npos ? ParseName(rest, text)
                                               : ParseName(sample, text);
    if (!name) return name.error();
    if (star == std::string_view::npos) {
      spelling.name = *name;
      AppendLiteral(name->ToString(), spelling.pattern);
      return spelling;
    }
    if (!IsAscii(labels))
      return Fault(text, "a wildcard among letters beyond ASCII",
                   "write the labels before it as A-labels, xn--…");
    AppendWildcards(labels, spelling.pattern);
    if (cut == std::string_view::npos) return spelling;
    spelling.pattern += "\\.";
    rest.remove_prefix(cut + 1);
    if (rest.empty())
      return Fault(text, "an empty label", "remove the final dot");
  }
}

void DomainItems::Add(const DomainSpelling& spelling, Place place,
                      std::string_view written) {
  if (spelling.form == DomainForm::kGlob) {
    patterns_.push_back(
        {spelling.pattern, false, spelling.name, place, std::string(written)});
    return;
  }
  const Bytes wire = spelling.name.wire();
  items_.push_back({static_cast<uint32_t>(bytes_.size()),
                    static_cast<uint8_t>(wire.size() - 1), spelling.form,
                    static_cast<uint16_t>(std::min(place.column, 0xffffU)),
                    place.line});
  bytes_.append(reinterpret_cast<const char*>(wire.data()), wire.size() - 1);
}

DomainName DomainItems::Name(const Item& item) const {
  DomainName name;
  ByteReader reader(
      {reinterpret_cast<const uint8_t*>(Wire(item).data()), item.size});
  while (const auto length = reader.U8()) {
    const auto label = reader.Take(*length);
    if (!label || !name.AppendLabel(*label)) break;
  }
  return name;
}

std::string Spell(DomainForm form, const DomainName& name) {
  switch (form) {
    case DomainForm::kSuffix:
      return "." + name.ToString();
    case DomainForm::kUnder:
      return "*." + name.ToString();
    case DomainForm::kOneLabel:
      return "{one_label: '*." + name.ToString() + "'}";
    default:
      return name.ToString();
  }
}

}  // namespace nameward
