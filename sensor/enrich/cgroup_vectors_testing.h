// SPDX-License-Identifier: Apache-2.0
// Paths met in the field: by SPIRE, Falco, Tetragon, Tracee, cAdvisor,
// NeuVector and other agents' tests, and on containerd 1.6 here.
#ifndef NAMEWARD_ENRICH_CGROUP_VECTORS_TESTING_H_
#define NAMEWARD_ENRICH_CGROUP_VECTORS_TESTING_H_

#include <string_view>

#include "enrich/cgroup_path.h"

namespace nameward {

struct CgroupVector {
  int number;
  std::string_view path;
  std::string_view pod_uid;
  std::string_view container_id;
  std::string_view runtime;
  PodQos qos;
  std::string_view unit;
  bool helper;
};

// clang-format off
inline constexpr CgroupVector kCgroupVectors[] = {
    {1, "/kubepods/burstable/pod2c48913c-b29f-11e7-9350-020968147796/" "34a2062fd26c805aa8cf814cdfe479322b791f80afb9ea4db02d50375df1" "4b41", "2c48913c-b29f-11e7-9350-020968147796", "34a2062fd26c805aa8cf814cdfe479322b791f80afb9ea4db02d50375df1" "4b41", "", PodQos::kBurstable, "", false},
    {2, "/kubepods/pod2c48913c-b29f-11e7-9350-020968147796/9bca8d63d5" "fa610783847915bcff0ecac1273e5b4bed3f6fa1b07350e0135961", "2c48913c-b29f-11e7-9350-020968147796", "9bca8d63d5fa610783847915bcff0ecac1273e5b4bed3f6fa1b07350e013" "5961", "", PodQos::kGuaranteed, "", false},
    {3, "/kubepods/besteffort/pod63b3ebfc-2890-11e9-8154-16bf8ef8d9dc" "/crio-73bfe475650de66df8e2affdc98d440dcbe84f8df83b6f75a68a82" "eb7026136a", "63b3ebfc-2890-11e9-8154-16bf8ef8d9dc", "73bfe475650de66df8e2affdc98d440dcbe84f8df83b6f75a68a82eb7026" "136a", "cri-o", PodQos::kBestEffort, "", false},
    {4, "/kubepods/burstable/pod9729a196c4723b60ab401eaff722982d/d166" "c6190614efc91956b78e96d74c3fbc96ca8e91948c36de3bc5b0e7b27d48", "9729a196c4723b60ab401eaff722982d", "d166c6190614efc91956b78e96d74c3fbc96ca8e91948c36de3bc5b0e7b2" "7d48", "", PodQos::kBurstable, "", false},
    {5, "/kubepods/besteffort/podf8a694f2-7c08-11e9-98da-000c29077430" "/c04e0a88a1de067f25bece337d4dbb897396e0b623c2a65330850fc9823" "f1903/kube-proxy", "f8a694f2-7c08-11e9-98da-000c29077430", "c04e0a88a1de067f25bece337d4dbb897396e0b623c2a65330850fc9823f" "1903", "", PodQos::kBestEffort, "", false},
    {6, "/kubepods/pod2c48913c_b29f_11e7_9350_020968147796/9bca8d63d5" "fa610783847915bcff0ecac1273e5b4bed3f6fa1b07350e0135961", "2c48913c-b29f-11e7-9350-020968147796", "9bca8d63d5fa610783847915bcff0ecac1273e5b4bed3f6fa1b07350e013" "5961", "", PodQos::kGuaranteed, "", false},
    {7, "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffor" "t-poddd1bf9d1_241d_47f5_8e25_12de83135812.slice/cri-containe" "rd-f45298cd514d1930c4fe3afc4412e59547f7e3148fddd22ca33cefce0" "46eb830.scope", "dd1bf9d1-241d-47f5-8e25-12de83135812", "f45298cd514d1930c4fe3afc4412e59547f7e3148fddd22ca33cefce046e" "b830", "containerd", PodQos::kBestEffort, "", false},
    {8, "/kubepods.slice/kubepods-pod91f5b561_369f_4103_8015_66391059" "996a.slice/cri-containerd-24c53b774a586f06abc058619b47f71d9d" "869ac50c92898adbd199106fd0aaeb.scope", "91f5b561-369f-4103-8015-66391059996a", "24c53b774a586f06abc058619b47f71d9d869ac50c92898adbd199106fd0" "aaeb", "containerd", PodQos::kGuaranteed, "", false},
    {9, "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffor" "t-pod63b3ebfc_2890_11e9_8154_16bf8ef8d9dc.slice/crio-17d8c9e" "acc629f9945f304d89e9708c0c619649a484a215b240628319548a09f.sc" "ope", "63b3ebfc-2890-11e9-8154-16bf8ef8d9dc", "17d8c9eacc629f9945f304d89e9708c0c619649a484a215b240628319548" "a09f", "cri-o", PodQos::kBestEffort, "", false},
    {10, "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" "pod487a0dc6dccaeefbcfedba7a7ce1ca18.slice/crio-7a1fd6fe8cdfb" "d44dc78c4cc85dad7031eaab4365801684cad0aabdeaf863f9e.scope", "487a0dc6dccaeefbcfedba7a7ce1ca18", "7a1fd6fe8cdfbd44dc78c4cc85dad7031eaab4365801684cad0aabdeaf86" "3f9e", "cri-o", PodQos::kBurstable, "", false},
    {11, "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" "podea19ff5d_943a_4466_a07e_a71e9e50cc62.slice/crio-21572039d" "d8398ff8272b031fa5422a40165145ab37f2f8794e1e7f844fe8118.scop" "e/container", "ea19ff5d-943a-4466-a07e-a71e9e50cc62", "21572039dd8398ff8272b031fa5422a40165145ab37f2f8794e1e7f844fe" "8118", "cri-o", PodQos::kBurstable, "", false},
    {12, "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffor" "t-pod045b1e35_7f13_11e7_ac42_0050568ffca0.slice/docker-b5b6f" "2da8008be266864f896f93789762b2ce50792114a5c5f2cc3315af0bc70." "scope", "045b1e35-7f13-11e7-ac42-0050568ffca0", "b5b6f2da8008be266864f896f93789762b2ce50792114a5c5f2cc3315af0" "bc70", "docker", PodQos::kBestEffort, "", false},
    {13, "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" "pod3e61c214bc3ed9ff81e21474dd6cba17.slice/cri-containerd-c74" "b0f5062f0bc726cae1e9369ad4a95deed6b298d247f0407475adb23fa319" "0", "3e61c214bc3ed9ff81e21474dd6cba17", "c74b0f5062f0bc726cae1e9369ad4a95deed6b298d247f0407475adb23fa" "3190", "containerd", PodQos::kBurstable, "", false},
    {14, "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffor" "t-podb13213a6_d47e_4bd1_bc00_f175d1ad3b6e.slice/crio-conmon-" "eb5a56051cf7c5e9e588d0dca94d6673d67d43604686e1485984732b1870" "1057.scope", "b13213a6-d47e-4bd1-bc00-f175d1ad3b6e", "", "", PodQos::kBestEffort, "", true},
    {15, "/kubepods-besteffort-pod72f7f152_440c_66ac_9084_e0fc1d8a910c" ".slice:cri-containerd:b2a102854b4969b2ce98dc329c86b4fb2b06e4" "ad2cc8da9d8a7578c9cd2004a2", "72f7f152-440c-66ac-9084-e0fc1d8a910c", "b2a102854b4969b2ce98dc329c86b4fb2b06e4ad2cc8da9d8a7578c9cd20" "04a2", "containerd", PodQos::kBestEffort, "", false},
    {16, "/system.slice/containerd.service/kubepods-besteffort-pod2105" "e389_7471_476e_a50f_6074cef29bbd.slice:cri-containerd:d3d8cc" "f5cca91931c6285c1d7472c413dd5a7700fddc0aa9f89a9ac7008b003e", "2105e389-7471-476e-a50f-6074cef29bbd", "d3d8ccf5cca91931c6285c1d7472c413dd5a7700fddc0aa9f89a9ac7008b" "003e", "containerd", PodQos::kBestEffort, "", false},
    {17, "/podruntime.slice/containerd.service/kubepods-burstable-pod2" "9349498_197c_4919_b13f_9a928e7d001b.slice:cri-containerd:0ca" "2b3cd20e5f55a2bbe8d4aa3f811cf7963b40f0542ad147054b0fcb60fc40" "0", "29349498-197c-4919-b13f-9a928e7d001b", "0ca2b3cd20e5f55a2bbe8d4aa3f811cf7963b40f0542ad147054b0fcb60f" "c400", "containerd", PodQos::kBurstable, "", false},
    {18, "/kubepods-burstable-podbd12dd3393227d950605a2444b13c27a.slic" "e:cri-containerd:d52db56a9c80d536a91354c0951c061187ca46249e6" "4865a12703003d8f42366", "bd12dd3393227d950605a2444b13c27a", "d52db56a9c80d536a91354c0951c061187ca46249e64865a12703003d8f4" "2366", "containerd", PodQos::kBurstable, "", false},
    {19, "/docker/93529524695bb00d91c1f6dba692ea8d3550c3b94fb2463af7bc" "9ec82f992d26/kubepods/besteffort/poda2830d0d-b0f0-4ff0-81b5-" "0ee4e299cf80/09bc3d7ade839efec32b6bec4ec79d099027a668ddba043" "083ec21d3c3b8f1e6", "a2830d0d-b0f0-4ff0-81b5-0ee4e299cf80", "09bc3d7ade839efec32b6bec4ec79d099027a668ddba043083ec21d3c3b8" "f1e6", "", PodQos::kBestEffort, "", false},
    {20, "/system.slice/docker-c1146e7ccca9ab4436abd69923c07d097b37b76" "2ed21cc3f24584c2f84e77c57.scope/kubelet/kubepods/burstable/p" "od09a70ae9ccc491e651e5c773579b3490/b0e6aa50e847c3d3b1880e307" "ec7996040275c8063832cffc9274defce2cb655", "09a70ae9ccc491e651e5c773579b3490", "b0e6aa50e847c3d3b1880e307ec7996040275c8063832cffc9274defce2c" "b655", "", PodQos::kBurstable, "", false},
    {21, "/system.slice/docker-c1146e7ccca9ab4436abd69923c07d097b37b76" "2ed21cc3f24584c2f84e77c57.scope/kubelet/kubepods/pod55db13a1" "-c151-4cdd-a48b-e002a2b1fb58/21e677e6fe95215ea48bcb5609c10e6" "7ba8e76a7a3ea749af704e72260eb93fe", "55db13a1-c151-4cdd-a48b-e002a2b1fb58", "21e677e6fe95215ea48bcb5609c10e67ba8e76a7a3ea749af704e72260eb" "93fe", "", PodQos::kGuaranteed, "", false},
    {22, "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-beste" "ffort.slice/kubelet-kubepods-besteffort-pod7881ed9e_c63e_442" "5_b5e0_ac55a08ae939.slice/cri-containerd-00c7939458bffc416bb" "03451526e9fde13301d6654cfeadf5b4964a7fb5be1a9.scope", "7881ed9e-c63e-4425-b5e0-ac55a08ae939", "00c7939458bffc416bb03451526e9fde13301d6654cfeadf5b4964a7fb5b" "e1a9", "containerd", PodQos::kBestEffort, "", false},
    {23, "/system.slice/docker-1b3319ed9c1d4cca681f9c102da9b015555785b" "6240c4e4619f11b535cabdc07.scope/kubepods.slice/kubepods-best" "effort.slice/kubepods-besteffort-podeb653d22_2525_47ca_9fc4_" "3762497ae1d2.slice/docker-84e9ffffe97fea4c5a0f01d401611cbafb" "f7e559fc6190ed74abfc2b25e889d4.scope", "eb653d22-2525-47ca-9fc4-3762497ae1d2", "84e9ffffe97fea4c5a0f01d401611cbafbf7e559fc6190ed74abfc2b25e8" "89d4", "docker", PodQos::kBestEffort, "", false},
    {24, "/kubepods/kubepods/besteffort/pod6bd2a4d3-a55a-4450-b6fd-2a7" "ecc72c904/a55d9ac3b312d8a2627824b6d6dd8af66fbec439bf4e0ec22d" "6d9945ad337a38", "6bd2a4d3-a55a-4450-b6fd-2a7ecc72c904", "a55d9ac3b312d8a2627824b6d6dd8af66fbec439bf4e0ec22d6d9945ad33" "7a38", "", PodQos::kBestEffort, "", false},
    {25, "/system.slice/docker-c1146e7ccca9ab4436abd69923c07d097b37b76" "2ed21cc3f24584c2f84e77c57.scope/system.slice/kubelet.service", "", "c1146e7ccca9ab4436abd69923c07d097b37b762ed21cc3f24584c2f84e7" "7c57", "docker", PodQos::kNone, "kubelet.service", false},
    {26, "/../../../burstable/pod095e82d2-713c-467a-a18a-cbb50a075296/" "6d1234da0f5aa7fa0ccae4c7d2d109929eb9a81694e6357bcd4547ab3985" "911b", "095e82d2-713c-467a-a18a-cbb50a075296", "6d1234da0f5aa7fa0ccae4c7d2d109929eb9a81694e6357bcd4547ab3985" "911b", "", PodQos::kBurstable, "", false},
    {27, "/../../kubepods-besteffort-podfd698699_eabf_4c23_92ef_cf0bbd" "b78261.slice/docker-2cc65c162ca1388b6b8d5ccfb701d22fc96675cc" "f8b2f1590c490c2c4039547f.scope", "fd698699-eabf-4c23-92ef-cf0bbdb78261", "2cc65c162ca1388b6b8d5ccfb701d22fc96675ccf8b2f1590c490c2c4039" "547f", "docker", PodQos::kBestEffort, "", false},
    {28, "/../crio-45490e76e0878aaa4d9808f7d2eefba37f093c3efbba9838b6d" "8ab804d9bd814.scope", "", "45490e76e0878aaa4d9808f7d2eefba37f093c3efbba9838b6d8ab804d9b" "d814", "cri-o", PodQos::kNone, "", false},
    {29, "/", "", "", "", PodQos::kNone, "", false},
    {29, "/../..", "", "", "", PodQos::kNone, "", false},
    {29, "/../../init.scope", "", "", "", PodQos::kNone, "init.scope", false},
    {30, "/kubepods/pod2732ca68f6358eba7703fb6f82a25c94", "2732ca68f6358eba7703fb6f82a25c94", "", "", PodQos::kGuaranteed, "", false},
    {30, "/kubepods/poda2830d0d-b0f0-4ff0-81b5-0ee4e299cf80", "a2830d0d-b0f0-4ff0-81b5-0ee4e299cf80", "", "", PodQos::kGuaranteed, "", false},
    {31, "/kubepods/pod068e8fa0-9213-11e7-a01f-507b9d4141fa/crio-81e5c" "2990803c383229c9680ce964738d5e566d97f5bd436ac34808d2ec75d5f." "mount", "068e8fa0-9213-11e7-a01f-507b9d4141fa", "", "", PodQos::kGuaranteed, "", false},
    {32, "/docker/7951fb549ab99e0722a949b6c121634e1f3a36b5bacbe5392991" "e3b12251e6b8", "", "7951fb549ab99e0722a949b6c121634e1f3a36b5bacbe5392991e3b12251" "e6b8", "docker", PodQos::kNone, "", false},
    {32, "/system.slice/nerdctl-0123456789abcdef0123456789abcdef012345" "6789abcdef0123456789abcdef.scope", "", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab" "cdef", "nerdctl", PodQos::kNone, "", false},
    {33, "/machine.slice/libpod-89e89703fbd1e88b72d279d951ce389d374287" "4205196d73f96e0dcbc0da0659.scope/container", "", "89e89703fbd1e88b72d279d951ce389d3742874205196d73f96e0dcbc0da" "0659", "podman", PodQos::kNone, "", false},
    {33, "/machine.slice/libpod-conmon-64de256b4158dbfd331e27f93bf807f" "141883be795fd1b2ae7f40294f32c5bfd.scope", "", "", "", PodQos::kNone, "libpod-conmon-64de256b4158dbfd331e27f93bf807f141883be795fd1b" "2ae7f40294f32c5bfd.scope", true},
    {34, "/actions_job/ec5fd62ba68d0b75a3cbdb7f7f78b526440b7969e22b2b3" "62fb6f429ded42fdc", "", "ec5fd62ba68d0b75a3cbdb7f7f78b526440b7969e22b2b362fb6f429ded4" "2fdc", "", PodQos::kNone, "", false},
    {34, "/k8s.io/my-test_container", "", "", "", PodQos::kNone, "", false},
    {35, "/system.slice/crio.service", "", "", "", PodQos::kNone, "crio.service", false},
    {35, "/runtime.slice/kubelet.service", "", "", "", PodQos::kNone, "kubelet.service", false},
    {35, "/podruntime/kubelet", "", "", "", PodQos::kNone, "", false},
    {35, "/init", "", "", "", PodQos::kNone, "", false},
    {35, "/azure.slice/walinuxagent.service", "", "", "", PodQos::kNone, "walinuxagent.service", false},
    {35, "/user.slice/user-1000.slice/session-2.scope", "", "", "", PodQos::kNone, "session-2.scope", false},
    {35, "/system.slice/system-serial\\x2dgetty.slice", "", "", "", PodQos::kNone, "system-serial\\x2dgetty.slice", false},
    {36, "/kubepods/pod068e8fa0-9213-11e7-a01f-507b9d4141fa/crio-99080" "3c383229c9680ce964738d5e566d97f5bd436ac34808d2ec75", "068e8fa0-9213-11e7-a01f-507b9d4141fa", "", "", PodQos::kGuaranteed, "", false},
    {36, "/docker/7951fb549ab99e0722a949b6c121634e1f3a36b5bacbe5392991" "e3b12251e6b8a", "", "", "", PodQos::kNone, "", false},
    {36, "/docker/g951fb549ab99e0722a949b6c121634e1f3a36b5bacbe5392991" "e3b12251e6b8", "", "", "", PodQos::kNone, "", false},
    {36, "/default/some_short_id.service", "", "", "", PodQos::kNone, "some_short_id.service", false},
    {41, "/something/poda2830d0d-b0f0-4ff0-81b5-0ee4e299cf80/09bc3d7ad" "e839efec32b6bec4ec79d099027a668ddba043083ec21d3c3b8f1e6", "a2830d0d-b0f0-4ff0-81b5-0ee4e299cf80", "09bc3d7ade839efec32b6bec4ec79d099027a668ddba043083ec21d3c3b8" "f1e6", "", PodQos::kNone, "", false},
    {41, "/09bc3d7ade839efec32b6bec4ec79d099027a668ddba043083ec21d3c3b" "8f1e6", "", "09bc3d7ade839efec32b6bec4ec79d099027a668ddba043083ec21d3c3b8" "f1e6", "", PodQos::kNone, "", false},
};
// clang-format on

}  // namespace nameward

#endif  // NAMEWARD_ENRICH_CGROUP_VECTORS_TESTING_H_
