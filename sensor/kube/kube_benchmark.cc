// SPDX-License-Identifier: Apache-2.0
// What one look at a full node costs: 250 pods of three containers as a service
// mesh makes them, 3 MB as a kubelet writes them.  rss_KiB is what the process
// has more afterwards than before, peak_KiB what it had more at most.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "kube/answer_buffer.h"
#include "kube/pod_list_json.h"
#include "kube/pod_refresher.h"

namespace nameward {
namespace {

constexpr int kPods = 250;

std::string Container(int pod, int container) {
  const std::string number = std::to_string(container);
  std::string text = R"({"name":"c)" + number +
                     R"(","image":"registry.example.com/team/service:1.2.3",)"
                     R"("resources":{"limits":{"cpu":"500m"}},"env":[)";
  for (int i = 0; i < 12; ++i)
    text += R"({"name":"SOME_SETTING_)" + std::to_string(i) +
            R"(","value":"a value that nobody but the program reads"},)";
  return text + R"({"name":"API_SERVICE_HOST","value":"10.96.)" +
         std::to_string(pod) + "." + number +
         R"("}],"volumeMounts":[{"name":"kube-api-access","readOnly":true,)"
         R"("mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]})";
}

std::string Status(int pod, int container) {
  char id[65];
  std::snprintf(id, sizeof id, "%064x", pod * 8 + container + 1);
  return R"({"name":"c)" + std::to_string(container) +
         R"(","state":{"running":{"startedAt":"2026-01-02T03:04:05Z"}},)"
         R"("lastState":{},"ready":true,"restartCount":0,"started":true,)"
         R"("image":"registry.example.com/team/service:1.2.3",)"
         R"("imageID":"registry.example.com/team/service@sha256:)" +
         id + R"(","containerID":"containerd://)" + id + "\"}";
}

// Half of what a kubelet sends is who set which field.
std::string ManagedFields() {
  std::string fields;
  for (int i = 0; i < 90; ++i)
    fields += R"("f:field)" + std::to_string(i) +
              R"(":{".":{},"f:value":{},"f:other":{}},)";
  return R"([{"manager":"kube-controller-manager","operation":"Update",)"
         R"("fieldsV1":{)" +
         fields + R"("f:end":{}}}])";
}

std::string PodText(int pod) {
  const std::string number = std::to_string(pod);
  char uid[37];
  std::snprintf(uid, sizeof uid, "%08x-0000-4000-8000-000000000000", pod);
  std::string containers;
  std::string statuses;
  for (int i = 0; i < 3; ++i) {
    containers += (i == 0 ? "" : ",") + Container(pod, i);
    statuses += (i == 0 ? "" : ",") + Status(pod, i);
  }
  return R"({"metadata":{"name":"web-7d9f8b6c5d-)" + number +
         R"(","namespace":"shop","uid":")" + uid +
         R"(","labels":{"app.kubernetes.io/name":"web","tier":"front",)"
         R"("pod-template-hash":"7d9f8b6c5d"},"annotations":{"checksum":")" +
         std::string(2000, 'x') +
         R"("},"ownerReferences":[{"kind":"ReplicaSet",)"
         R"("name":"web-7d9f8b6c5d","controller":true}],"managedFields":)" +
         ManagedFields() + R"(},"spec":{"containers":[)" + containers +
         R"(],"nodeName":"node-1","serviceAccountName":"web"},"status":)"
         R"({"phase":"Running","hostIP":"192.0.2.10","podIP":"10.0.0.)" +
         number + R"(","containerStatuses":[)" + statuses + "]}}";
}

const std::string& FullNode() {
  static const std::string list = [] {
    std::string text = R"({"kind":"PodList","apiVersion":"v1","items":[)";
    for (int pod = 0; pod < kPods; ++pod)
      text += (pod == 0 ? "" : ",") + PodText(pod);
    return text + "]}\n";
  }();
  return list;
}

double ResidentKiB() {
  long pages = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return static_cast<double>(pages * sysconf(_SC_PAGESIZE)) / 1024;
}

void ResetPeak() {
  if (FILE* file = std::fopen("/proc/self/clear_refs", "w")) {
    std::fputs("5", file);  // proc(5): the peak begins anew
    std::fclose(file);
  }
}

double PeakKiB() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss);
}

// As a TLS record after the other brings it.
struct RecordsFetch final : PodFetch {
  std::optional<FetchFailure> Fetch(AnswerBuffer& answer) override {
    constexpr size_t kRecord = 16 * 1024;
    const std::string_view text = FullNode();
    for (size_t at = 0; at < text.size(); at += kRecord)
      benchmark::DoNotOptimize(answer.Append(text.substr(at, kRecord)));
    return std::nullopt;
  }
  void Cancel() override {}
};

// First, before anything else has grown the heap.
void BM_PollOf250Pods(benchmark::State& state) {
  RecordsFetch fetch;
  SystemClock clock;
  FullNode();
  malloc_trim(0);  // nothing of what made it may be used again
  ResetPeak();
  const double before = ResidentKiB();
  PodRefresher refresher(fetch, clock, size_t{16} << 20);
  for (auto _ : state) benchmark::DoNotOptimize(refresher.Poll());
  state.counters["answer_KiB"] = static_cast<double>(FullNode().size()) / 1024;
  state.counters["rss_KiB"] = ResidentKiB() - before;
  state.counters["peak_KiB"] = PeakKiB() - before;
}
BENCHMARK(BM_PollOf250Pods)->Unit(benchmark::kMillisecond);

void BM_ParseOf250Pods(benchmark::State& state) {
  const std::string& list = FullNode();
  for (auto _ : state) {
    const auto snapshot = ParsePodList(list);
    benchmark::DoNotOptimize(snapshot.has_value());
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<int64_t>(list.size()));
}
BENCHMARK(BM_ParseOf250Pods)->Unit(benchmark::kMillisecond);

// What is kept of it, which the worker parses once more where it changed.
void BM_ReducedListOf250Pods(benchmark::State& state) {
  std::string reduced;
  AppendPodList(*ParsePodList(FullNode()), reduced);
  for (auto _ : state) {
    const auto snapshot = ParsePodList(reduced);
    benchmark::DoNotOptimize(snapshot.has_value());
  }
  state.counters["reduced_KiB"] = static_cast<double>(reduced.size()) / 1024;
}
BENCHMARK(BM_ReducedListOf250Pods)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace nameward
