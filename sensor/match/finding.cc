// SPDX-License-Identifier: Apache-2.0
// The words of a finding: dedup key and reason.
#include "match/compiled_rules.h"

namespace nameward {
namespace {

constexpr char kKeySeparator = '\x1f';
constexpr size_t kShownCauses = 3;

std::string Who(const Origin& origin) {
  std::string who = origin.workload == nullptr
                        ? "cgroup/" + std::to_string(origin.cgroup_id)
                        : origin.workload->DisplayName();
  if (!origin.process) return who;
  who += " (" + std::string(origin.process->Comm());
  return who + ", pid " + std::to_string(origin.process->tgid) + ")";
}

std::string Did(const DnsEvent& dns) {
  const DnsMessage& message = dns.message;
  const DnsQuestion& question = message.question;
  const std::string what = message.question_count == 0
                               ? "nothing"
                               : question.name.ToString() + " " +
                                     WordOf(Vocabulary::kType, question.type);
  if (!message.response)
    return "asked " + dns.server.ToString() + " for " + what;
  return "got " + WordOf(Vocabulary::kRcode, message.rcode) + " from " +
         dns.server.ToString() + " for " + what;
}

std::string Did(const ConnectEvent& connect) {
  std::string text = "connected to " + connect.destination.ToString() + "/" +
                     WordOf(Vocabulary::kProtocol, connect.protocol);
  const ConnectVerdict& verdict = connect.verdict;
  if (!verdict.names.empty())
    return text + ", known as " + verdict.names[0].ToString();
  if (verdict.state == ConnectState::kNone)
    return text + ", which no DNS answer gave it";
  return text;
}

std::string Did(const TransportEvent& transport) {
  static constexpr std::string_view kSpoke[] = {
      "plain DNS", "DNS over TLS", "DNS over QUIC", "DNS over HTTPS"};
  std::string text = "spoke " +
                     std::string(kSpoke[static_cast<size_t>(transport.kind)]) +
                     " with " + transport.server.ToString() + "/" +
                     std::string(ToString(transport.transport));
  return transport.name.empty() ? text : text + ", " + transport.name;
}

std::string What(const Event& event) {
  if (const auto* dns = std::get_if<DnsEvent>(&event.body)) return Did(*dns);
  if (const auto* connect = std::get_if<ConnectEvent>(&event.body))
    return Did(*connect);
  if (const auto* transport = std::get_if<TransportEvent>(&event.body))
    return Did(*transport);
  return {};
}

}  // namespace

// The leaves that made the tree true, in words.
std::string CompiledRules::Cause(uint32_t index) const {
  const MatchNode& node = nodes_[index];
  if (node.kind == MatchNode::Kind::kLeaf) return node.leaf.text;
  if (node.kind == MatchNode::Kind::kNot)
    return "not (" + Cause(node.children[0]) + ")";
  const bool all = node.kind == MatchNode::Kind::kAll;
  std::string text;
  for (size_t i = 0; i < node.children.size() && i < kShownCauses; ++i)
    text += (i == 0 ? "" : all ? " and " : " or ") + Cause(node.children[i]);
  return text + (node.children.size() > kShownCauses ? " …" : "");
}

std::string CompiledRules::Reason(const Rule& rule) {
  std::string reason = Who(event_->origin) + " " + What(*event_);
  if (rule.match) reason += ": " + Cause(*rule.match);
  return reason;
}

Finding CompiledRules::MakeFinding(const Rule& rule, bool scope_unknown) {
  Finding finding;
  finding.rule = rule.info;
  finding.scope_unknown = scope_unknown;
  finding.reason = Reason(rule);
  for (size_t i = 0; i < rule.dedup_key.size(); ++i) {
    const Field& field = *rule.dedup_key[i];
    if (i > 0) finding.dedup_key += kKeySeparator;
    // The whole name of a workload, so that namespaces stay apart; and a name
    // that is a public suffix itself instead of no registered domain.
    if (field.id == FieldId::kWorkload && event_->origin.workload != nullptr)
      finding.dedup_key += event_->origin.workload->DisplayName();
    else
      finding.dedup_key += fields_.Show(field);
  }
  return finding;
}

}  // namespace nameward
