// SPDX-License-Identifier: Apache-2.0
// Whether a question is one that the program asked, or one that its resolver
// made of it by the search path (resolv.conf(5)); where an ExternalName leads;
// and whether a query went to another than the program asked (docs/states.md).
//
// The suffixes are those that the kubelet writes for the pod's dnsPolicy; never
// those that its own files name.  Pure.  Any thread, O(suffixes), allocates
// nothing.  Source: Kubernetes, "DNS for Services and Pods".
#ifndef NAMEWARD_CORRELATE_SEARCH_PATH_H_
#define NAMEWARD_CORRELATE_SEARCH_PATH_H_

#include "model/context.h"
#include "model/event.h"
#include "model/workload.h"

namespace nameward {

// Fills base_labels, expansion, external and diverted.  `workload` may be null.
void JudgeNames(DnsEvent& dns, const Workload* workload,
                const Context& context);

}  // namespace nameward

#endif  // NAMEWARD_CORRELATE_SEARCH_PATH_H_
