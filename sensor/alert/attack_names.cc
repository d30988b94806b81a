// SPDX-License-Identifier: Apache-2.0
#include "alert/attack_names.h"

namespace nameward {
namespace {

struct Technique {
  std::string_view id;
  std::string_view name;
};

constexpr Technique kTechniques[] = {
    {"T1041", "Exfiltration Over C2 Channel"},
    {"T1046", "Network Service Discovery"},
    {"T1048", "Exfiltration Over Alternative Protocol"},
    {"T1071", "Application Layer Protocol"},
    {"T1071.001", "Web Protocols"},
    {"T1071.004", "DNS"},
    {"T1090", "Proxy"},
    {"T1095", "Non-Application Layer Protocol"},
    {"T1102", "Web Service"},
    {"T1105", "Ingress Tool Transfer"},
    {"T1496", "Resource Hijacking"},
    {"T1567", "Exfiltration Over Web Service"},
    {"T1568", "Dynamic Resolution"},
    {"T1568.001", "Fast Flux DNS"},
    {"T1568.002", "Domain Generation Algorithms"},
    {"T1571", "Non-Standard Port"},
    {"T1572", "Protocol Tunneling"},
    {"T1573", "Encrypted Channel"},
    {"T1611", "Escape to Host"},
};

}  // namespace

std::string_view AttackName(std::string_view id) {
  for (const Technique& technique : kTechniques)
    if (technique.id == id) return technique.name;
  return id;
}

}  // namespace nameward
