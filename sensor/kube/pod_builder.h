// SPDX-License-Identifier: Apache-2.0
// Puts the fields of one pod after the other together to a PodSnapshot, in
// whatever order the document has them.
//
// Fed by the parser: Enter and Leave for each place that is read, Text and Flag
// for each value.  Keeps the limits of PodListLimits and counts what lies
// above them.  One thread.
#ifndef NAMEWARD_KUBE_POD_BUILDER_H_
#define NAMEWARD_KUBE_POD_BUILDER_H_

#include <string>
#include <string_view>
#include <vector>

#include "kube/pod_list_json.h"
#include "kube/pod_list_schema.h"
#include "kube/workload_name.h"
#include "model/pod_snapshot.h"

namespace nameward {

class PodBuilder {
 public:
  void Enter(Place place);
  void Leave(Place place);
  // A null or a scalar where a pod should be.
  void SkipPod() { ++counts_.skipped; }
  void Text(Field field, std::string_view key, std::string_view text);
  void Flag(Field field, bool value);

  // The pods so far, sorted; the builder is empty then.
  PodSnapshot Finish();
  const PodListCounts& counts() const { return counts_; }

 private:
  // What is known of the pod, owner, container or variable that is being read.
  struct Draft {
    Pod pod;
    PodState state;
    PodOwner owner;
    std::string node_name;
    std::string mirror;  // the static pod's uid, in the API server's copy of it
    bool is_static = false;
  };
  struct OwnerDraft {
    PodOwner owner;
    bool controller = false;
  };
  struct ContainerDraft {
    PodContainer container;
    std::vector<std::string> ended;
  };
  struct NamedValue {  // a DNS option, a variable
    std::string name;
    std::string value;
  };

  void PodText(Field field, std::string_view key, std::string_view text);
  void ContainerText(Field field, std::string_view text);
  void NestedText(Field field, std::string_view text);
  void LeavePod();
  void LeaveOwner();
  void LeaveContainer();
  void LeaveVariable();
  void LeaveOption();
  void AddLabel(std::string_view key, std::string_view text);
  void AddSearch(std::string_view text);
  // `text` as an address, once.
  void AddAddress(std::vector<IpAddress>& to, std::string_view text);
  static void AddContainerId(std::vector<std::string>& to,
                             std::string_view text);

  PodSnapshot snapshot_;
  PodListCounts counts_;
  Draft draft_;
  OwnerDraft owner_;
  ContainerDraft container_;
  NamedValue named_;
  ContainerKind kind_ = ContainerKind::kRegular;
};

}  // namespace nameward

#endif  // NAMEWARD_KUBE_POD_BUILDER_H_
