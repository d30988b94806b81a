// SPDX-License-Identifier: Apache-2.0
// Any bytes as records of the kernel, one after the other: length (2 bytes),
// then that many bytes.
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "decode/decode.h"

namespace {

struct Counted : nameward::DecodeSink {
  void OnEvent(nameward::Event& event) override {
    if (event.seq != ++seq) std::abort();
  }
  void OnCgroup(const nameward::CgroupChange& change) override {
    if (change.path.size() > 256) std::abort();
  }
  uint64_t seq = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  nameward::Decoder decoder;
  Counted sink;
  nameward::ByteReader reader({bytes, size});
  while (const auto length = reader.U16()) {
    const auto record =
        reader.Take(std::min<size_t>(*length, reader.remaining()));
    decoder.Decode({nameward::RecordType::kKernel, *record}, sink);
  }
  decoder.Decode({nameward::RecordType::kLoss, {bytes, size}}, sink);
  const auto& stats = decoder.stats();
  const uint64_t rejected = std::accumulate(stats.rejected.begin(),
                                            stats.rejected.end(), uint64_t{0});
  if (stats.records !=
      stats.decoded + rejected + stats.not_dns + stats.server_side)
    std::abort();
  if (stats.events != sink.seq) std::abort();
  return 0;
}
