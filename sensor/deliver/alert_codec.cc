// SPDX-License-Identifier: Apache-2.0
#include "deliver/alert_codec.h"

#include <zstd.h>

#include <cstring>
#include <optional>
#include <string_view>

namespace nameward {
namespace {

constexpr int kLevel = 1;

void AppendLength(size_t length, std::string& out) {
  const auto value = static_cast<uint32_t>(length);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void AppendField(std::string_view text, std::string& out) {
  AppendLength(text.size(), out);
  out += text;
}

void AppendText(const RenderedAlert& alert, uint64_t sequence,
                std::string& out) {
  const std::string member = "\"sequence\":" + std::to_string(sequence) + ",";
  const bool told =
      alert.sequence_at > 0 && alert.sequence_at <= alert.text.size();
  const size_t at = told ? alert.sequence_at : alert.text.size();
  AppendLength(alert.text.size() + (told ? member.size() : 0), out);
  out.append(alert.text, 0, at);
  if (told) out += member;
  out.append(alert.text, at);
}

bool TakeField(ByteReader& reader, std::string& out) {
  const auto length = reader.Copy<uint32_t>();
  if (!length) return false;
  const auto bytes = reader.Take(*length);
  if (!bytes) return false;
  out.assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  return true;
}

}  // namespace

struct AlertCodec::Contexts {
  struct FreeCompress {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  struct FreeDecompress {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  // Null where there was no memory for it.
  std::unique_ptr<ZSTD_CCtx, FreeCompress> pack{ZSTD_createCCtx()};
  std::unique_ptr<ZSTD_DCtx, FreeDecompress> unpack{ZSTD_createDCtx()};

  // False: it stays as it is.
  bool Pack(const std::string& raw, std::string& packed) {
    packed.resize(ZSTD_compressBound(raw.size()));
    if (pack == nullptr) return false;
    const size_t size =
        ZSTD_compressCCtx(pack.get(), packed.data(), packed.size(), raw.data(),
                          raw.size(), kLevel);
    if (ZSTD_isError(size) != 0 || size >= raw.size()) return false;
    packed.resize(size);
    return true;
  }
  // False: these are no `raw.size()` bytes.
  bool Unpack(Bytes packed, std::string& raw) {
    if (unpack == nullptr) unpack.reset(ZSTD_createDCtx());
    if (unpack == nullptr) return false;
    const size_t size = ZSTD_decompressDCtx(
        unpack.get(), raw.data(), raw.size(), packed.data(), packed.size());
    return ZSTD_isError(size) == 0 && size == raw.size();
  }
};

AlertCodec::AlertCodec() : contexts_(std::make_unique<Contexts>()) {}
AlertCodec::~AlertCodec() = default;
AlertCodec::AlertCodec(AlertCodec&&) noexcept = default;
AlertCodec& AlertCodec::operator=(AlertCodec&&) noexcept = default;

Bytes AlertCodec::Encode(const RenderedAlert& alert, uint64_t sequence,
                         spool::RecordHeader& header) {
  header.kind = spool::Kind::kAlert;
  header.sequence = sequence;
  header.severity = static_cast<uint8_t>(alert.severity);
  header.stream = alert.dry_run ? 1 : 0;
  header.time_ns = alert.time.time_since_epoch().count();
  raw_.clear();
  for (const std::string* field :
       {&alert.uid, &alert.key, &alert.finding_uid, &alert.rule})
    AppendField(*field, raw_);
  AppendText(alert, sequence, raw_);
  if (raw_.size() > spool::kMaxPayload) return {};
  const bool smaller = contexts_->Pack(raw_, packed_);
  const std::string& payload = smaller ? packed_ : raw_;
  header.encoding = smaller ? spool::Encoding::kZstd : spool::Encoding::kPlain;
  header.length = static_cast<uint32_t>(payload.size());
  header.raw_length = static_cast<uint32_t>(raw_.size());
  return {reinterpret_cast<const uint8_t*>(payload.data()), payload.size()};
}

bool AlertCodec::Decode(const spool::RecordHeader& header, Bytes payload,
                        RenderedAlert& alert) {
  if (header.raw_length > spool::kMaxPayload) return false;
  if (header.encoding == spool::Encoding::kZstd) {
    raw_.resize(header.raw_length);
    if (!contexts_->Unpack(payload, raw_)) return false;
    payload = {reinterpret_cast<const uint8_t*>(raw_.data()), raw_.size()};
  }
  ByteReader reader(payload);
  for (std::string* field :
       {&alert.uid, &alert.key, &alert.finding_uid, &alert.rule, &alert.text})
    if (!TakeField(reader, *field)) return false;
  alert.severity = static_cast<Severity>(header.severity);
  alert.dry_run = header.stream == 1;
  alert.time = WallTime(Nanoseconds(header.time_ns));
  alert.sequence_at = 0;
  return true;
}

}  // namespace nameward
