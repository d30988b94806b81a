// SPDX-License-Identifier: Apache-2.0
// Which pod source the settings name, and which rights it needs.
#ifndef NAMEWARD_APP_POD_SOURCES_H_
#define NAMEWARD_APP_POD_SOURCES_H_

#include <memory>
#include <string>

#include "app/rights.h"
#include "app/settings.h"
#include "base/clock.h"
#include "base/result.h"
#include "kube/pod_source.h"

namespace nameward {

// Null for `none`.  Nothing is asked yet; a file is read.  `clock` outlives the
// source.
Result<std::unique_ptr<PodSource>> OpenPodSource(const Settings& settings,
                                                 Clock& clock);

// Nobody proves to be the kubelet: what to tell of it; empty: somebody does.
std::string UnprovenKubelet(const Settings& settings);

// Adds what a running source needs: one port, and the folders of the files that
// rotate under it.
void AddPodRights(const Settings& settings, RightsOptions& rights);

}  // namespace nameward

#endif  // NAMEWARD_APP_POD_SOURCES_H_
