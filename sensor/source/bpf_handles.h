// SPDX-License-Identifier: Apache-2.0
// libbpf's handles as owners.  Included by the .cc files that call libbpf only.
#ifndef NAMEWARD_SOURCE_BPF_HANDLES_H_
#define NAMEWARD_SOURCE_BPF_HANDLES_H_

#include <bpf/libbpf.h>

#include <memory>
#include <string>
#include <string_view>

namespace nameward {

struct BpfHandleDeleter {
  // Closes its descriptor; the hook goes with the last one.
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};
using BpfLink = std::unique_ptr<bpf_link, BpfHandleDeleter>;
using BpfRing = std::unique_ptr<ring_buffer, BpfHandleDeleter>;

// What libbpf has to say while this lives goes here instead of to stderr.  Not
// nested; for the thread that made it.
class LibbpfLog {
 public:
  LibbpfLog();
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;
  // The verifier's last sentence, else libbpf's; empty: it said nothing.
  std::string Verdict() const;

 private:
  std::string text_;
  libbpf_print_fn_t before_;
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_BPF_HANDLES_H_
