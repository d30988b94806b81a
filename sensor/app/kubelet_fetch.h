// SPDX-License-Identifier: Apache-2.0
// The client of the kubelet that the settings name.
#ifndef NAMEWARD_APP_KUBELET_FETCH_H_
#define NAMEWARD_APP_KUBELET_FETCH_H_

#include <memory>

#include "app/settings.h"
#include "base/result.h"
#include "kube/pod_fetch.h"

namespace nameward {

// The port that is asked: kubelet.port, or where that is not set and the
// read-only port is wanted, 10255.
uint16_t KubeletPort(const Settings& settings);

Result<std::unique_ptr<PodFetch>> NewKubeletFetch(const Settings& settings);

}  // namespace nameward

#endif  // NAMEWARD_APP_KUBELET_FETCH_H_
