// SPDX-License-Identifier: Apache-2.0
#include "alert/human.h"

#include <array>

#include "alert/facts.h"
#include "alert/json_writer.h"

namespace nameward {
namespace {

// Padded to one width; by Severity.
constexpr std::array<std::string_view, 6> kLevels = {
    "", "INFO    ", "LOW     ", "MEDIUM  ", "HIGH    ", "CRITICAL"};
constexpr std::array<std::string_view, 6> kColours = {
    "", "\x1b[36m", "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[1;31m"};
constexpr std::string_view kColourEnd = "\x1b[0m";

// Milliseconds are enough for an eye.
void AppendTime(WallTime time, std::string& out) {
  AppendRfc3339(time, out);
  out.resize(out.size() - 7);
  out += "Z ";
}

void AppendWho(const Event& event, std::string& out) {
  AppendEscaped(WorkloadOf(event).DisplayName(), kTextCap, out);
  if (!event.origin.process) return;
  out += ' ';
  AppendEscaped(event.origin.process->Comm(), kCommCap, out);
  out += '[' + std::to_string(event.origin.process->tgid) + ']';
}

void AppendTo(const Endpoint& endpoint, std::string& out) {
  out += " -> ";
  endpoint.AppendTo(out);
}

// What happened, where to, and what DNS knows of it.
class WhatWriter {
 public:
  explicit WhatWriter(std::string& out) : out_(out) {}

  void operator()(const DnsEvent& dns) const {
    out_ += dns.message.response ? "answer " : "query ";
    out_ += ToString(dns.transport);
    out_ += ' ';
    dns.message.question.name.AppendTo(out_);
    AppendTo(dns.server, out_);
  }
  void operator()(const ConnectEvent& connect) const {
    out_ += "connect ";
    Protocol(connect.protocol);
    AppendTo(connect.destination, out_);
    out_ += " state=";
    out_ += ToString(connect.verdict.state);
    if (!connect.verdict.names.empty()) {
      out_ += " name=";
      connect.verdict.names.front().AppendTo(out_);
    }
    if (connect.result == ConnectResult::kFailed)
      out_ += " errno=" + std::to_string(connect.error);
    if (connect.count > 1) out_ += " x" + std::to_string(connect.count);
  }
  void operator()(const FlowEvent& flow) const {
    static constexpr std::array<std::string_view, 4> kWhat = {
        "connected ", "accepted ", "closed ", "failed "};
    out_ += kWhat[static_cast<size_t>(flow.what)];
    Protocol(flow.protocol);
    out_ += ' ';
    flow.source.AppendTo(out_);
    AppendTo(flow.destination, out_);
    if (flow.what != FlowWhat::kClose) return;
    out_ += " sent=" + std::to_string(flow.sent) +
            " received=" + std::to_string(flow.received);
  }
  void operator()(const TransportEvent& transport) const {
    out_ += ToString(transport.kind);
    out_ += ' ';
    out_ += ToString(transport.transport);
    AppendTo(transport.server, out_);
    if (transport.name.empty()) return;
    out_ += " name=";
    AppendEscaped(transport.name, kNameCap, out_);
  }
  void operator()(const MalformedEvent& malformed) const {
    out_ += "malformed ";
    out_ += ToString(malformed.transport);
    out_ += ' ';
    out_ += ToString(malformed.reason);
    AppendTo(malformed.server, out_);
    out_ += " size=" + std::to_string(malformed.size);
  }
  void operator()(const LossEvent& loss) const {
    out_ += "lost " + std::to_string(loss.count) + " of ";
    AppendEscaped(loss.record_class, kTextCap, out_);
    out_ += " (";
    AppendEscaped(loss.fate, kTextCap, out_);
    out_ += ')';
  }

 private:
  void Protocol(uint8_t protocol) const {
    const std::string_view name = ProtocolName(protocol);
    name.empty() ? out_ += std::to_string(protocol) : out_ += name;
  }

  std::string& out_;
};

}  // namespace

void AppendHuman(const Alert& alert, Colour colour, std::string& out) {
  const auto severity = static_cast<size_t>(SeverityOf(alert));
  AppendTime(alert.time, out);
  if (colour == Colour::kYes) out += kColours[severity];
  out += kLevels[severity];
  if (colour == Colour::kYes) out += kColourEnd;
  out += ' ';
  AppendEscaped(alert.finding.rule->id, kTextCap, out);
  if (alert.finding.rule->mode == RuleMode::kDryRun) out += " (dry run)";
  out += "  ";
  AppendWho(alert.event, out);
  out += "  ";
  std::visit(WhatWriter(out), alert.event.body);
  if (alert.update) out += "  x" + std::to_string(alert.count);
  if (!alert.finding.reason.empty()) out += "  ";
  AppendEscaped(alert.finding.reason, kTextCap, out);
  if (alert.losses_since_last > 0)
    out += "  lost=" + std::to_string(alert.losses_since_last);
}

void AppendHumanEvent(const Event& event, ClockOffset clock, std::string& out) {
  AppendTime(clock.ToWall(event.time), out);
  AppendWho(event, out);
  out += "  ";
  std::visit(WhatWriter(out), event.body);
}

}  // namespace nameward
