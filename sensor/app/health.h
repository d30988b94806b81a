// SPDX-License-Identifier: Apache-2.0
// The HTTP side of health (docs/operations.md): /metrics, /healthz, /readyz,
// /api/ledger.
//
// The listening socket is bound in Open, before rights are dropped; from then
// on every path answers 503 "starting".  Serve starts two threads of its own.
// It only reads what the probes return, which must be safe to call from any
// thread.  Bodies are small and bounded; there is no input but the path.
#ifndef NAMEWARD_APP_HEALTH_H_
#define NAMEWARD_APP_HEALTH_H_

#include <functional>
#include <memory>
#include <string>

#include "app/ledger.h"
#include "base/result.h"

namespace nameward {

struct HealthProbes {
  std::function<Ledger()> ledger;
  // Empty: healthy or ready; else what is missing, one line a thing.
  std::function<std::string()> alive;
  std::function<std::string()> ready;
  // What to say though it is ready, one line a thing.
  std::function<std::string()> notes;
  // Further Prometheus lines: gauges, tiers.
  std::function<std::string()> gauges;
};

class HealthServer {
 public:
  // `listen` is address:port; port 0 takes a free one (see port()).
  static Result<std::unique_ptr<HealthServer>> Open(const std::string& listen);
  virtual ~HealthServer() = default;

  virtual void Serve(HealthProbes probes) = 0;
  virtual int port() const = 0;
};

// The first line of what a sensor there says on /readyz; empty: none answers.
std::string AskReady(const std::string& listen);

}  // namespace nameward

#endif  // NAMEWARD_APP_HEALTH_H_
