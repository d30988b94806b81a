// SPDX-License-Identifier: Apache-2.0
#include "deliver/webhook_options.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace nameward {
namespace {

constexpr uint16_t kHttpsPort = 443;
constexpr uint16_t kHttpPort = 80;

Error Bad(std::string why, std::string fix) {
  return {"webhook.url", std::move(why), std::move(fix)};
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end || port == 0) return std::nullopt;
  return port;
}

// host, host:port, [2001:db8::1]:port
Status ReadAuthority(std::string_view text, WebhookTarget& target) {
  target.port = target.tls ? kHttpsPort : kHttpPort;
  const size_t bracket = text.rfind(']');
  const size_t from = bracket == std::string_view::npos ? 0 : bracket;
  const size_t colon = text.find(':', from);
  if (colon != std::string_view::npos) {
    const auto port = ParsePort(text.substr(colon + 1));
    if (!port) return Bad("its port is no number", "1 to 65535");
    target.port = *port;
    text = text.substr(0, colon);
  }
  if (text.starts_with('[') && text.ends_with(']'))
    text = text.substr(1, text.size() - 2);
  if (text.empty()) return Bad("it names no host", "https://host/path");
  target.host = text;
  return Ok();
}

bool IsPlain(std::string_view url) {
  return std::all_of(url.begin(), url.end(),
                     [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

Result<WebhookTarget> TargetOf(const WebhookOptions& options) {
  WebhookTarget target;
  std::string_view url = options.url;
  if (!IsPlain(url)) return Bad("it holds more than printable ASCII", "%XX");
  target.tls = url.starts_with("https://");
  if (!target.tls && !url.starts_with("http://"))
    return Bad("it is neither https:// nor http://", "https://host/path");
  url.remove_prefix(target.tls ? 8 : 7);
  const size_t path = std::min(url.find_first_of("/?"), url.size());
  const std::string_view authority = url.substr(0, path);
  if (authority.find('@') != std::string_view::npos)
    return Bad("it would carry a secret", "name a file: webhook.token_file");
  NW_RETURN_IF_ERROR(ReadAuthority(authority, target));
  target.path = url.substr(path, url.find('#') - path);
  if (!target.path.starts_with('/')) target.path.insert(0, "/");
  if (!target.tls && !options.token_file.empty())
    return Error{"webhook.token_file", "it would travel in clear",
                 "use https://"};
  if (options.cert_file.empty() != options.key_file.empty())
    return Error{"webhook.cert_file", "it needs webhook.key_file, and that it",
                 "name both or none"};
  return target;
}

std::vector<std::string> TlsFiles(const WebhookOptions& options) {
  std::vector<std::string> files;
  for (const std::string* file :
       {&options.ca_file, &options.cert_file, &options.key_file})
    if (!file->empty()) files.push_back(*file);
  return files;
}

std::string PercentEncoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (c > ' ' && c < 0x7f && c != '"' && c != '%') {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<uint8_t>(c);
    encoded.append({'%', kHex[byte >> 4], kHex[byte & 15]});
  }
  return encoded;
}

}  // namespace nameward
